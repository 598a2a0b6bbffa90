import { Avatar, type AvatarProps } from "@fluentui/react-components";

/** Fluent's own choice for a name includes several greys, and greens that drown in the desk's; these stand out on both sides. */
const COLORS = ["peach", "pumpkin", "grape", "cranberry", "royal-blue", "magenta", "lavender"] as const;

interface Props {
  name: string;
  size: NonNullable<AvatarProps["size"]>;
  badge?: AvatarProps["badge"];
}

/** A person's face: decoration beside a name that is there as text. The same name has the same colour everywhere. */
export function Face({ name, size, badge }: Props) {
  return <Avatar aria-hidden="true" size={size} name={name} color={colorOf(name)} badge={badge} />;
}

export function colorOf(name: string): (typeof COLORS)[number] {
  let sum = 0;
  for (const character of name) {
    sum = (sum * 37 + (character.codePointAt(0) ?? 0)) % 65_521;
  }
  return COLORS[sum % COLORS.length] ?? COLORS[0];
}
