/** An entry of the navigation. To add a page: its controller, and a line here. */
export interface Destination {
  readonly path: string;
  readonly title: string;
}

export const NAVIGATION: readonly Destination[] = [
  { path: '/', title: 'Fleet' },
  { path: '/devices', title: 'Devices' },
  { path: '/queue', title: 'Queue' },
  { path: '/zones', title: 'Zones' },
  { path: '/enrollment', title: 'Enrollment' },
  { path: '/settings', title: 'Settings' },
];
