import type { Architecture } from './internal/platform-names.ts';
import { normalizePlatform, type Platform } from './platform.ts';

/** Whether an image for `offered` runs on `wanted`: the same platform, an older variant, arm on arm64 or 386 on amd64, as containerd has it. */
export function matchPlatform(wanted: Platform, offered: Platform): boolean {
  return rankPlatform(wanted, offered) !== undefined;
}

/** The item that fits `wanted` best; of equals the first. Items without a platform are passed over. */
export function selectByPlatform<Item extends { readonly platform?: Platform }>(
  wanted: Platform,
  items: readonly Item[],
): Item | undefined {
  let best: { readonly item: Item; readonly rank: number } | undefined;
  for (const item of items) {
    const rank = item.platform === undefined ? undefined : rankPlatform(wanted, item.platform);
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { item, rank };
  }
  return best?.item;
}

/** 0 for the platform itself, more for each step away from it, undefined when it can't run. */
function rankPlatform(wanted: Platform, offered: Platform): number | undefined {
  const want = normalizePlatform(wanted);
  const offer = normalizePlatform(offered);
  if (want.os !== offer.os || !hasSystemVersion(want, offer)) return undefined;
  const runnable = runnableArchitectures(want);
  const rank = runnable.findIndex((item) => item.architecture === offer.architecture && (item.variant ?? '') === (offer.variant ?? ''));
  return rank < 0 ? undefined : rank;
}

/** Windows containers share the kernel's build: major, minor and build must be the same when both sides say them. */
function hasSystemVersion(want: Platform, offer: Platform): boolean {
  if (want.os !== 'windows') return true;
  const wanted = buildOf(want);
  const offered = buildOf(offer);
  return wanted === '' || offered === '' || wanted === offered;
}

function buildOf(platform: Platform): string {
  return (platform['os.version'] ?? '').split('.').slice(0, 3).join('.');
}

/** What runs on a normalized architecture, best first. */
function runnableArchitectures({ architecture, variant }: Architecture): Architecture[] {
  switch (architecture) {
    case 'amd64':
      return [...amd64Levels(variant), { architecture: '386' }];
    case 'arm':
      return armLevels(variant);
    case 'arm64':
      return [...arm64Levels(variant), ...armLevels('v8')];
    default:
      return [variant === undefined ? { architecture } : { architecture, variant }];
  }
}

function amd64Levels(variant: string | undefined): Architecture[] {
  const level = /^v([2-4])$/.exec(variant ?? '')?.[1];
  if (level === undefined) return [variant === undefined ? { architecture: 'amd64' } : { architecture: 'amd64', variant }];
  return [...countDown(Number(level), 2).map((item) => ({ architecture: 'amd64', variant: `v${item}` })), { architecture: 'amd64' }];
}

function armLevels(variant = 'v7'): Architecture[] {
  const level = /^v([5-8])$/.exec(variant)?.[1];
  if (level === undefined) return [{ architecture: 'arm', variant }];
  return countDown(Number(level), 5).map((item) => ({ architecture: 'arm', variant: `v${item}` }));
}

/** Armv9.n holds all of Armv8.(n+5), whose last is 8.9. */
function arm64Levels(variant = 'v8'): Architecture[] {
  const [, major, minorText = '0'] = /^v([89])(?:\.(\d))?$/.exec(variant) ?? [];
  if (major === undefined) return [{ architecture: 'arm64', variant }];
  const minor = Number(minorText);
  if (major === '8') return arm64Minors(8, minor);
  return [...arm64Minors(9, minor), ...arm64Minors(8, Math.min(minor + 5, 9))];
}

function arm64Minors(major: 8 | 9, highest: number): Architecture[] {
  return countDown(highest, 0).map((minor) => {
    if (minor > 0) return { architecture: 'arm64', variant: `v${major}.${minor}` };
    return major === 8 ? { architecture: 'arm64' } : { architecture: 'arm64', variant: 'v9' };
  });
}

function countDown(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, step) => from - step);
}
