import { request } from "./http";

const CONTROL = "/simulators/control";
const DELIVERY = "/simulators/exchange/delivery";

/** What goes wrong outside, as the page offers it. The simulators are asked; nothing is remembered here. */
export interface Faults {
  crm: "well" | "slow" | "dead";
  throttled: boolean;
  duplicate: boolean;
  reorder: boolean;
}

interface Fault {
  delay: number;
  status: number | null;
  drop: boolean;
}

const CRM: Record<Faults["crm"], object | null> = { well: null, slow: { delay: 3 }, dead: { drop: true } };
const THROTTLED = { path: "/activities", status: 429, headers: { "Retry-After": "3" } };

export async function readFaults(): Promise<Faults> {
  const [crm, teams, travel] = await Promise.all([
    request<Fault[]>("GET", `${CONTROL}/hubspot/faults`),
    request<Fault[]>("GET", `${CONTROL}/connector/faults`),
    request<{ duplicate: boolean; reorder: boolean }>("GET", DELIVERY),
  ]);
  return {
    crm: crm.some((fault) => fault.drop) ? "dead" : crm.some((fault) => fault.delay > 0) ? "slow" : "well",
    throttled: teams.some((fault) => fault.status === 429),
    duplicate: travel.duplicate,
    reorder: travel.reorder,
  };
}

export async function setFaults(faults: Faults): Promise<void> {
  await Promise.all([
    replace("hubspot", CRM[faults.crm]),
    replace("connector", faults.throttled ? THROTTLED : null),
    request("PUT", DELIVERY, { duplicate: faults.duplicate, reorder: faults.reorder }),
  ]);
}

async function replace(system: string, fault: object | null): Promise<void> {
  await request("DELETE", `${CONTROL}/${system}/faults`);
  if (fault !== null) {
    await request("POST", `${CONTROL}/${system}/faults`, fault);
  }
}
