/** Go's names where Node's are others. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', mipsel: 'mipsle' };

/** The processor as docker calls it. */
export function goArchitecture(name: string): string {
  return ARCHITECTURES[name] ?? name;
}
