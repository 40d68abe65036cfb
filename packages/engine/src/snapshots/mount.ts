/** How overlay keeps whiteouts and opaque folders: `trusted.overlay.*` needs the host's root, `user.overlay.*` works in a user namespace. */
export type OverlayXattrs = 'trusted' | 'user';

export interface OverlayMount {
  readonly type: 'overlay';
  /** Absolute folders, the top one first. At least two when there is no `upper`. */
  readonly lowers: readonly string[];
  /** Takes what is written; together with `work`, an empty folder on the same filesystem. Absent: the mount is read-only. */
  readonly upper?: string;
  readonly work?: string;
  readonly xattrs: OverlayXattrs;
  /** Nothing in it has to last: unmounting then does not write the whole filesystem below to disk. Needs Linux 5.10. */
  readonly isVolatile?: boolean;
}

export interface BindMount {
  readonly type: 'bind';
  readonly folder: string;
  readonly isReadOnly: boolean;
}

/** What to mount, as data: whoever runs in the right mount namespace performs it (`mountAll`). */
export type Mount = OverlayMount | BindMount;
