import { alarmKey, type Observation, type OpenAlarm, PATIENCE_SECONDS } from './alarm.js';

/** What a look at the fleet changes about the alarms. */
export interface AlarmChanges {
  /** Everything that is wrong now, as it is to be kept: with the time of its first sight, and of its raising. */
  readonly open: readonly OpenAlarm[];
  /** Those of `open` that people are to be told of now. */
  readonly raised: readonly OpenAlarm[];
  /** What people were told of, and is over. */
  readonly resolved: readonly OpenAlarm[];
  /** What is over before anybody was told. */
  readonly forgotten: readonly OpenAlarm[];
}

/**
 * The state machine of alarms: observed → raised → resolved, or observed → forgotten. The same thing observed again
 * raises nothing; two observations of one kind and subject count once.
 * @param known the alarms that are open before this look
 */
export function alarmChanges(
  observations: readonly Observation[],
  known: readonly OpenAlarm[],
  now: Date,
): AlarmChanges {
  const before = new Map(known.map((alarm) => [alarmKey(alarm), alarm]));
  const open = new Map<string, OpenAlarm>();
  const raised: OpenAlarm[] = [];
  for (const observation of observations) {
    const key = alarmKey(observation);
    if (open.has(key)) continue;
    const earlier = before.get(key);
    const observedAt = earlier?.observedAt ?? now;
    const isDue = now.getTime() - observedAt.getTime() >= PATIENCE_SECONDS[observation.kind] * 1000;
    const raisedAt = earlier?.raisedAt ?? (isDue ? now : undefined);
    const alarm = { ...observation, observedAt, ...(raisedAt && { raisedAt }) };
    open.set(key, alarm);
    if (raisedAt && !earlier?.raisedAt) raised.push(alarm);
  }
  const over = known.filter((alarm) => !open.has(alarmKey(alarm)));
  return {
    open: [...open.values()],
    raised,
    resolved: over.filter(({ raisedAt }) => raisedAt),
    forgotten: over.filter(({ raisedAt }) => !raisedAt),
  };
}
