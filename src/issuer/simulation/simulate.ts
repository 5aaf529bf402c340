import { CaModel } from './ca-model.js';
import { DeviceModel } from './device-model.js';
import { EventQueue } from './event-queue.js';
import { Fleet } from './fleet.js';
import { Measures } from './measures.js';
import { Random } from './random.js';
import { reportOf, type SimulationReport } from './report.js';
import { DAY, lifetimeAt, SIMULATION_START, type Scenario } from './scenario.js';
import { EVENT } from './simulated-event.js';
import { SimulatedRenewals } from './simulated-renewals.js';
import { SimulatedServer } from './simulated-server.js';

/** Of a day: when the estimates that the planner makes are noted; every week. */
const ESTIMATES_EVERY_DAYS = 7;

/**
 * Runs a scenario with a virtual clock: the real planner, renewal times and waiting devices' rules against the model CA.
 * The same scenario gives the same report, to the last digit.
 */
export function simulate(scenario: Scenario): SimulationReport {
  const end = SIMULATION_START + scenario.days * DAY;
  const random = new Random(scenario.seed);
  const fleet = new Fleet(scenario.devices, scenario, () => random.next());
  const devices = new DeviceModel(scenario.devices, scenario.habits, random, SIMULATION_START, end);
  const ca = new CaModel(scenario.rules, fleet.domainNames, scenario.devices, (time) => lifetimeAt(scenario, time));
  ca.setOutages(
    scenario.outages.map(({ day, hours }) => {
      const from = SIMULATION_START + day * DAY;
      return { from, until: from + (hours * DAY) / 24 };
    }),
  );
  const events = new EventQueue();
  const measures = new Measures(fleet, devices);
  const renewals = new SimulatedRenewals(fleet, devices, ca, events, random, measures);
  const server = new SimulatedServer(scenario, fleet, devices, ca, events, random, measures, renewals);
  establish(scenario, ca, renewals, random);

  for (let device = scenario.established; device < scenario.devices; device++) {
    const comes = devices.nextAwake(device, SIMULATION_START + random.next() * DAY);
    events.add(comes, EVENT.ask, device, 0);
  }
  for (let day = 0; day < scenario.days; day++) events.add(SIMULATION_START + day * DAY, EVENT.sample, day);
  if (scenario.revocation) events.add(SIMULATION_START + scenario.revocation.day * DAY, EVENT.announceRevocation);
  const foreignGap = (7 * DAY) / scenario.foreignPerWeek;
  if (foreignGap < Infinity) events.add(SIMULATION_START + foreignGap, EVENT.foreign);

  while (events.nextTime <= end) {
    const { time, kind, subject, generation } = events.take();
    switch (kind) {
      case EVENT.ask:
        server.ask(subject, generation, time);
        break;
      case EVENT.due:
        renewals.due(subject, generation, time);
        break;
      case EVENT.serverAsk:
        renewals.serverAsk(subject, generation, time);
        break;
      case EVENT.plan:
        server.step(generation, time);
        break;
      case EVENT.newOrder:
        server.newOrder(subject, time);
        break;
      case EVENT.finish:
        server.finish(subject, time);
        break;
      case EVENT.poll:
        renewals.poll(subject, generation, time);
        break;
      case EVENT.announceRevocation:
        renewals.announceRevocation(scenario.revocation!.part, time);
        break;
      case EVENT.foreign:
        ca.issueToOthers(0, time);
        events.add(time + foreignGap, EVENT.foreign);
        break;
      case EVENT.sample:
        measures.sample(subject, server.waiting, time);
        if (subject % ESTIMATES_EVERY_DAYS === 1) measures.noteEstimates(server.plannerState(), time);
        break;
    }
  }
  measures.sample(scenario.days, server.waiting, end);
  measures.close(end);
  return reportOf(scenario, fleet, ca, measures, server.waiting);
}

/** Devices from before: their certificates are spread over the time until renewal, as a fleet's are that has settled. */
function establish(scenario: Scenario, ca: CaModel, renewals: SimulatedRenewals, random: Random): void {
  const lifetime = lifetimeAt(scenario, SIMULATION_START);
  for (let device = 0; device < scenario.established; device++) {
    const issuedAt = SIMULATION_START - random.next() * lifetime * 0.6;
    const certificate = ca.adopt(device, issuedAt);
    renewals.install(device, certificate, issuedAt);
  }
}
