import {
  Button,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { CallTransferRegular, MoreHorizontalRegular } from "@fluentui/react-icons";
import { type Call, type ExchangeState, moveCall, passOn } from "../api/exchange";
import { useTexts } from "../texts";
import { lineState } from "./names";

interface Props {
  call: Call;
  exchange: ExchangeState;
  disabled: boolean;
  act(action: Promise<unknown>): void;
}

/** Where a call can go from here, folded away: to a colleague, or on through its queue. */
export function PassMenu({ call, exchange, disabled, act }: Props) {
  const texts = useTexts();
  const answered = call.state === "answered";
  const free = exchange.lines.filter((line) => lineState(line.number, exchange.calls) === "free");
  const passedOn = exchange.calls.some(
    (other) => (other.parent === call.id || other.consults === call.id) && other.state !== "ended",
  );
  const group = [...exchange.queues, ...exchange.shared].find((each) => each.number === call.to);
  if (passedOn || call.ordered !== null || call.consults !== null || (answered && call.answered_by === null)) {
    return null;
  }
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        {answered ? (
          <Button size="small" appearance="subtle" icon={<CallTransferRegular />} disabledFocusable={disabled}>
            {texts.transfer}
          </Button>
        ) : (
          <Button
            size="small"
            appearance="subtle"
            icon={<MoreHorizontalRegular />}
            disabledFocusable={disabled}
            aria-label={texts.passOn}
            title={texts.passOn}
          />
        )}
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {!answered && group !== undefined && (
            <>
              <MenuItem onClick={() => act(moveCall(call.id, "next"))}>
                {group.strategy === "hunt" ? texts.ringNext : texts.ringTimeOver}
              </MenuItem>
              <MenuDivider />
            </>
          )}
          {free.length === 0 && <MenuItem disabled>{texts.nobodyFree}</MenuItem>}
          {(answered ? (["transfer", "consult"] as const) : (["forward"] as const)).map(
            (how) =>
              free.length > 0 && (
                <MenuGroup key={how}>
                  <MenuGroupHeader>{texts.passing[how]}</MenuGroupHeader>
                  {free.map((line) => (
                    <MenuItem
                      key={line.number}
                      aria-label={`${texts.passing[how]}: ${line.name}`}
                      onClick={() => act(passOn(call.id, how, line.number))}
                    >
                      {line.name}
                    </MenuItem>
                  ))}
                </MenuGroup>
              ),
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
