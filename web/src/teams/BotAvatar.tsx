/** SmartCall's face in Teams: bots have a rounded square where people have a circle. */
export function BotAvatar({ size }: { size: number }) {
  return <img src="./icon.svg" alt="" width={size} height={size} style={{ flex: "none" }} />;
}
