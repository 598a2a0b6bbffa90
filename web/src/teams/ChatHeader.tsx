import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from "@fluentui/react-components";
import { CallFilled, CallInboundFilled, DeleteRegular, MoreHorizontalRegular } from "@fluentui/react-icons";
import type { Line } from "../api/exchange";
import type { Membership, User } from "../api/teams";
import { formatNumber } from "../format";
import { Face } from "../shell/Face";
import { useTexts } from "../texts";
import css from "./ChatHeader.module.css";

export type PhoneState = "free" | "ringing" | "busy";

interface Props {
  user: User;
  line: Line | undefined;
  phone: PhoneState;
  onChange(membership: Membership): void;
}

/** Whose Teams this is, what the phone does, and what else can be done with the app. */
export function ChatHeader({ user, line, phone, onChange }: Props) {
  const texts = useTexts();
  const presence = { free: texts.presenceFree, ringing: texts.presenceRinging, busy: texts.presenceBusy }[phone];
  return (
    <header className={css.header}>
      <span className={css.face} data-phone={phone}>
        <Face
          size={40}
          name={user.name}
          badge={{ status: phone === "busy" ? "busy" : "available", "aria-hidden": true }}
        />
      </span>
      <div className={css.who}>
        <h2 className={css.name}>{user.name}</h2>
        <p className={css.presence} data-phone={phone}>
          {phone === "ringing" && <CallInboundFilled aria-hidden="true" />}
          {phone === "busy" && <CallFilled aria-hidden="true" />}
          {phone === "free" && line !== undefined ? `${presence} · ${formatNumber(line.number)}` : presence}
        </p>
      </div>
      {user.installed && (
        <Menu positioning="below-end">
          <MenuTrigger disableButtonEnhancement>
            <Tooltip content={texts.more(user.name)} relationship="label">
              <Button appearance="subtle" icon={<MoreHorizontalRegular />} />
            </Tooltip>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem icon={<DeleteRegular />} onClick={() => onChange("uninstall")}>
                {texts.uninstall}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
    </header>
  );
}
