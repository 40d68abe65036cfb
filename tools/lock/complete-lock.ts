/** An entry of package-lock.json's `packages`, as far as it is read or made here. */
export interface LockEntry {
  version?: string | undefined;
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
  optional?: boolean | undefined;
  dev?: boolean | undefined;
  os?: readonly string[] | undefined;
  cpu?: readonly string[] | undefined;
  libc?: readonly string[] | undefined;
}

export interface LockFile {
  packages: Record<string, LockEntry>;
}

const OPERATING_SYSTEMS = new Set(['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']);
const PROCESSORS = new Set(['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']);
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** `name` as `from` declares it: an optional dependency that the lock file lacks. */
export interface MissingOptional {
  readonly from: string;
  readonly name: string;
  readonly version: string;
}

/** Optional dependencies without an entry. `npm ci` refuses such a lock file on every machine. */
export function findMissingOptionals(lock: LockFile): MissingOptional[] {
  return Object.entries(lock.packages).flatMap(([from, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(
        ([name]) => lock.packages[`node_modules/${name}`] === undefined && lock.packages[`${from}/node_modules/${name}`] === undefined,
      )
      .map(([name, version]) => ({ from, name, version })),
  );
}

/**
 * Adds the missing entries: npm leaves out the platform packages (`@biomejs/cli-darwin-arm64`) that the registry it asked does not carry.
 * The platform is read from the name, so that other platforms skip the package; its checksum stays open. Returns what was added, and what can't be.
 */
export function completeLock(lock: LockFile): { readonly added: MissingOptional[]; readonly left: MissingOptional[] } {
  const missing = findMissingOptionals(lock);
  const left = missing.filter(({ name, version }) => !EXACT.test(version) || platformOf(name) === undefined);
  const added = missing.filter((one) => !left.includes(one));
  for (const { from, name, version } of added) {
    const { cpu, os, libc } = platformOf(name) ?? {};
    const isDev = lock.packages[from]?.dev;
    // npm's own order of fields, so that its next write changes nothing; JSON leaves out what is undefined.
    lock.packages[`node_modules/${name}`] = { version, cpu, dev: isDev, libc, optional: true, os };
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { added, left };
}

function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.split(/[/-]/);
  const os = words.find((word) => OPERATING_SYSTEMS.has(word));
  const cpu = words.find((word) => PROCESSORS.has(word));
  if (cpu === undefined || (os === undefined && cpu !== 'wasm32')) return undefined;
  const libc = libcOf(words.at(-1) ?? '');
  return { cpu: [cpu], os: os === undefined ? undefined : [os], libc: os === 'linux' && libc !== undefined ? [libc] : undefined };
}

function libcOf(word: string): string | undefined {
  if (word.startsWith('musl')) return 'musl';
  return word.startsWith('gnu') ? 'glibc' : undefined;
}
