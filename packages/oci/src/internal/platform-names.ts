/** An architecture and, where it has one, its variant. */
export interface Architecture {
  readonly architecture: string;
  readonly variant?: string;
}

const SYSTEMS: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows zos'.split(' '),
);
const ARCHITECTURES: ReadonlySet<string> = new Set(
  '386 amd64 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);

/** Whether Go, and so every image, knows a system of this normalized name. */
export function isKnownSystem(os: string): boolean {
  return SYSTEMS.has(os);
}

export function isKnownArchitecture(architecture: string): boolean {
  return ARCHITECTURES.has(architecture);
}

export function normalizeSystem(os: string): string {
  const lower = os.toLowerCase();
  return lower === 'macos' ? 'darwin' : lower;
}

/** The usual name of an architecture, without a variant that is its default; unknown ones stay as they are, in lowercase. */
export function normalizeArchitecture(architecture: string, variant = ''): Architecture {
  const arch = architecture.toLowerCase();
  const level = variant.toLowerCase();
  switch (arch) {
    case 'i386':
      return { architecture: '386' };
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return withVariant('amd64', level === 'v1' ? '' : level);
    case 'aarch64':
    case 'arm64':
      return withVariant('arm64', normalizeArm64Variant(level));
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' };
    case 'armel':
      return { architecture: 'arm', variant: 'v6' };
    case 'arm':
      return { architecture: 'arm', variant: level === '' ? 'v7' : withV(level) };
    default:
      return withVariant(arch, level);
  }
}

function withVariant(architecture: string, variant: string): Architecture {
  return variant === '' ? { architecture } : { architecture, variant };
}

function normalizeArm64Variant(variant: string): string {
  const level = withV(variant).replace(/^(v[89])\.0$/, '$1');
  return level === 'v8' ? '' : level;
}

function withV(variant: string): string {
  return /^\d/.test(variant) ? `v${variant}` : variant;
}
