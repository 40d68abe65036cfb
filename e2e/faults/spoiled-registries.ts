import { join } from 'node:path';
import { openTempFolder } from '@slipway/testkit';
import { expect } from 'vitest';
import { type SlipwayCommand, slipwayCommand } from '../slipway-command.ts';
import { openTarget, type Target } from '../target.ts';
import type { FaultPlan } from './fault.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';

export const NO_FAULTS: FaultPlan = () => undefined;

/** Two registries, each behind a proxy that can spoil what passes: one to pull from, and one that has nothing yet. */
export interface SpoiledRegistries extends AsyncDisposable {
  readonly target: Target;
  readonly proxy: FaultProxy;
  readonly sink: Target;
  readonly sinkProxy: FaultProxy;
  /** A home without images, logged in to both through their proxies. */
  openHome(): Promise<SlipwayCommand>;
}

export async function openSpoiledRegistries(): Promise<SpoiledRegistries> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await openTempFolder('slipway-e2e-spoiled-'));
  const target = opened.use(await openTarget());
  const sink = opened.use(await openTarget());
  const proxy = opened.use(await startFaultProxy(target.origin));
  const sinkProxy = opened.use(await startFaultProxy(sink.origin));
  let homes = 0;
  const openHome = async (): Promise<SlipwayCommand> => {
    const command = slipwayCommand(join(folder.path, `home-${homes++}`));
    for (const [{ url }, { admin }] of [[proxy, target] as const, [sinkProxy, sink] as const]) {
      const { code, stderr } = await command.attempt(['login', '-u', admin.name, '--password-stdin', url], { input: admin.password });
      expect(code, stderr).toBe(0);
    }
    return command;
  };
  const all = opened.move();
  return { target, proxy, sink, sinkProxy, openHome, [Symbol.asyncDispose]: async () => await all.disposeAsync() };
}
