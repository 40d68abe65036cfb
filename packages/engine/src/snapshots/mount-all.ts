import { messageOf, systemCodeOf } from '@slipway/base';
import { engineError } from '../errors.ts';
import { mount as mountCall, umount2 } from '../system/calls.ts';
import { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOSUID, MS_RDONLY, MS_REC, MS_REMOUNT } from '../system/constants.ts';
import type { BindMount, Mount, OverlayMount } from './mount.ts';
import { overlayOptions } from './overlay-options.ts';

const MS_NOEXEC = 0x8;

/** In a user namespace, flags that the host set on a mount stay: a remount that does not repeat them is refused. */
const INHERITED_FLAGS = [0, MS_NODEV, MS_NOSUID, MS_NODEV | MS_NOSUID, MS_NODEV | MS_NOSUID | MS_NOEXEC] as const;

/**
 * Mounts one after the other on `target`, an existing folder, in the mount namespace of this process. Nothing stays mounted when it throws.
 * Errors: MOUNT_FAILED.
 */
export function mountAll(mounts: readonly Mount[], target: string): Disposable {
  let count = 0;
  const unmount = () => {
    for (; count > 0; count -= 1) umount2(target, MNT_DETACH);
  };
  try {
    for (const mount of mounts) {
      if (mount.type === 'overlay') mountOverlay(mount, target);
      else bind(mount, target);
      count += 1;
      if (mount.type === 'bind' && mount.isReadOnly) makeReadOnly(target);
    }
  } catch (error) {
    unmount();
    throw engineError('MOUNT_FAILED', `Cannot mount the files of the layers: ${systemCodeOf(error) ?? messageOf(error)}`, { cause: error });
  }
  return { [Symbol.dispose]: unmount };
}

function mountOverlay(mount: OverlayMount, target: string): void {
  const { base, text } = overlayOptions(mount);
  const before = process.cwd();
  process.chdir(base);
  try {
    mountCall({ source: 'overlay', target, type: 'overlay', options: text, flags: mount.upper === undefined ? MS_RDONLY : 0 });
  } finally {
    process.chdir(before);
  }
}

function bind(mount: BindMount, target: string): void {
  // Whole trees alone may be bound in a user namespace: what is mounted below would come to light otherwise.
  mountCall({ source: mount.folder, target, flags: MS_BIND | MS_REC });
}

function makeReadOnly(target: string): void {
  let refusal: unknown;
  for (const flags of INHERITED_FLAGS) {
    try {
      mountCall({ source: 'none', target, flags: MS_REMOUNT | MS_BIND | MS_RDONLY | flags });
      return;
    } catch (error) {
      if (systemCodeOf(error) !== 'EPERM') throw error;
      refusal = error;
    }
  }
  throw refusal;
}
