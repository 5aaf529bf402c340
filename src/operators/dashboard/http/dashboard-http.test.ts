import 'reflect-metadata';

import type { Type } from '@nestjs/common';
import { MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { describe, expect, it } from 'vitest';

import { DashboardModule } from '../dashboard.module.js';
import { isPage } from './dashboard-http.js';

function paths(target: object): string[] {
  return [Reflect.getMetadata(PATH_METADATA, target) as string | string[]].flat();
}

function routesOf({ prototype }: Type): string[] {
  return Object.values(Object.getOwnPropertyDescriptors(prototype as object))
    .map(({ value }) => value as unknown)
    .filter((handler) => typeof handler === 'function' && Reflect.hasMetadata(PATH_METADATA, handler))
    .flatMap((handler) => paths(handler as object));
}

describe('isPage', () => {
  const controllers = Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, DashboardModule) as Type[];

  it.each(controllers.map((controller) => [controller.name, controller] as const))(
    'knows every route of %s',
    (_name, controller) => {
      const urls = paths(controller).flatMap((base) =>
        routesOf(controller).map((route) => `/${base}/${route}`.replaceAll(/\/+/g, '/')),
      );
      expect(urls.length).toBeGreaterThan(0);
      expect(urls.filter((url) => !isPage(url))).toEqual([]);
    },
  );

  it.each([
    '/v1/devices',
    '/acme-dns/update',
    '/httpreq/present',
    '/nic/update?myip=1',
    '/metrics',
    '/devicesx',
    '/agent',
  ])('leaves %s to others', (url) => expect(isPage(url)).toBe(false));

  it.each(['/', '/?page=2', '/sign-in?to=/devices', '/devices', '/Devices'])('takes %s', (url) =>
    expect(isPage(url)).toBe(true),
  );
});
