import type { Role } from '../../domain/role.js';

/** An entry of the navigation. To add a page: its controller, and a line here. */
export interface Destination {
  readonly path: string;
  readonly title: string;
  /** Who may go there. */
  readonly role: Role;
}

export const NAVIGATION: readonly Destination[] = [
  { path: '/', title: 'Fleet', role: 'viewer' },
  { path: '/devices', title: 'Devices', role: 'viewer' },
  { path: '/queue', title: 'Queue', role: 'viewer' },
  { path: '/alarms', title: 'Alarms', role: 'viewer' },
  { path: '/events', title: 'Events', role: 'viewer' },
  { path: '/zones', title: 'Zones', role: 'viewer' },
  { path: '/enrollment', title: 'Enrollment', role: 'viewer' },
  { path: '/settings', title: 'Settings', role: 'viewer' },
  { path: '/audit', title: 'Audit', role: 'admin' },
];
