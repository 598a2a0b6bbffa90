import type { Message } from "../api/teams";
import { formatTime } from "../format";
import { type Texts, useTexts } from "../texts";
import { BotAvatar } from "./BotAvatar";
import { Card } from "./Card";
import css from "./ChatMessage.module.css";

/** A message as Teams draws it: the bot's to the left with its name, one's own to the right. */
export function ChatMessage({ message }: { message: Message }) {
  const texts = useTexts();
  const own = message.from === "user";
  return (
    <article className={own ? css.own : css.bot} data-message={message.id} data-edits={message.edits} tabIndex={-1}>
      {!own && (
        <span className={css.avatar}>
          <BotAvatar size={28} />
        </span>
      )}
      <header className={css.header}>
        {!own && <b className={css.name}>SmartCall</b>}
        <time dateTime={message.posted}>{formatTime(message.posted, texts.language)}</time>
        {message.edited !== null && !message.deleted && (
          <span className={css.edited} title={texts.editedAt(formatTime(message.edited, texts.language))}>
            {texts.edited}
          </span>
        )}
      </header>
      <div className={css.body} data-full={isFullWidth(message)}>
        <Content message={message} texts={texts} />
      </div>
    </article>
  );
}

function Content({ message, texts }: { message: Message; texts: Texts }) {
  if (message.deleted) {
    return <p className={css.deleted}>{texts.deletedMessage}</p>;
  }
  return (
    <>
      {message.text !== null && message.text !== "" && <p className={css.text}>{message.text}</p>}
      {message.card !== null && <Card message={message} />}
    </>
  );
}

/** A card may ask for the whole width: `"msteams": {"width": "Full"}`. */
function isFullWidth(message: Message): boolean {
  const teams = message.card?.msteams;
  return typeof teams === "object" && teams !== null && "width" in teams && teams.width === "Full";
}
