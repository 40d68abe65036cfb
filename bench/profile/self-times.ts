/** The parts of the inspector's `Profiler.Profile` that are read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  readonly milliseconds: number;
  /** Of the whole profile, idle time included. */
  readonly share: number;
}

/** Time on top of the stack for each function, most first. `(program)` is native code outside JavaScript calls, system calls included. */
export function selfTimesOf(profile: CpuProfile): SelfTime[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const totals = new Map<string, number>();
  let all = 0;
  for (const [i, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[i] ?? 0;
    const name = names.get(id) ?? '?';
    totals.set(name, (totals.get(name) ?? 0) + delta);
    all += delta;
  }
  const times = [...totals].map(([name, microseconds]) => ({ name, milliseconds: microseconds / 1000, share: microseconds / all }));
  return times.sort((a, b) => b.milliseconds - a.milliseconds);
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.replace(/^file:\/\//, '').replace(/^.*\/(node_modules|packages|apps)\//, '$1/');
  return `${name}  ${file}:${lineNumber + 1}`;
}
