import css from "./Extras.module.css";
import { FaultsButton } from "./FaultsButton";
import { WorkingDay } from "./WorkingDay";

/** What is not needed for a single call, one click away: the working day, and what may go wrong. */
export function Extras() {
  return (
    <div className={css.extras}>
      <WorkingDay />
      <FaultsButton />
    </div>
  );
}
