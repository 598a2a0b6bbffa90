/** A number as Norwegians write it: 22 33 44 55, mobiles 912 34 567. Others are left as they came. */
export function formatNumber(number: string): string {
  const bare = number.replace(/[\s()-]/g, "").replace(/^(\+47|0047)(?=\d{8}$)/, "");
  if (!/^\d{8}$/.test(bare)) {
    return number;
  }
  return /^[489]/.test(bare)
    ? `${bare.slice(0, 3)} ${bare.slice(3, 5)} ${bare.slice(5)}`
    : `${bare.slice(0, 2)} ${bare.slice(2, 4)} ${bare.slice(4, 6)} ${bare.slice(6)}`;
}

/** Milliseconds as 0:07, 12:34 or 1:02:03. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time of day of an ISO instant, on this machine's clock. */
export function formatTime(iso: string, language: string): string {
  return new Date(iso).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}

export function firstName(name: string): string {
  return name.split(" ")[0] ?? name;
}
