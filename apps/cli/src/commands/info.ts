import { type Command, defineCommand } from '../command/command.ts';
import { textFlag } from '../command/flag.ts';
import { EXIT } from '../exit-code.ts';
import { parseTemplate } from '../output/format/template.ts';
import { renderJsonLines } from '../output/json.ts';
import { formatSize } from '../output/size.ts';
import { renderFields } from '../output/table.ts';
import { describeMachine, type MachineDocument } from './system/machine-document.ts';

/** `slipway info`, and `slipway system info`. */
export function createInfoCommand(path: readonly string[]): Command {
  return defineCommand({
    path,
    summary: 'Say what this machine is and has',
    usage: '',
    operands: { min: 0, max: 0 },
    examples: ['slipway info', "slipway info -f '{{.Driver}}'", 'slipway info --format json'],
    flags: { format: textFlag('json, or a Go template', { short: 'f' }) },
    async run(context, { flags: { format } }) {
      await using engine = await context.openEngine();
      const machine = await describeMachine(context, engine);
      if (format === undefined) context.stdout.write(render(machine));
      else context.stdout.write(format === 'json' ? renderJsonLines([machine]) : `${parseTemplate(format).execute(machine)}\n`);
      return EXIT.success;
    },
  });
}

function render(machine: MachineDocument): string {
  const mirrors = Object.entries(machine.Mirrors).map(([host, mirror]) => `${host} -> ${mirror.join(', ')}`);
  const proxies = [machine.HttpProxy, machine.HttpsProxy].filter((proxy) => proxy !== '');
  const driver = machine.DriverStatus.map(([name = '', value = '']) => [`  ${name}`, value] as const);
  return renderFields([
    ['Version', machine.ServerVersion],
    ['Node.js', machine.NodeVersion],
    ['Images', String(machine.Images)],
    ['Containers', `${machine.Containers} (${machine.ContainersRunning} running)`],
    ['Home', machine.Home],
    ['Snapshotter', machine.Driver],
    ...driver,
    ['Registry of docker.io', machine.Registry],
    ['Mirrors', mirrors.length === 0 ? 'none' : mirrors.join('; ')],
    ['Proxies', proxies.length === 0 ? 'none' : proxies.join(', ')],
    ['Credentials', `${machine.DockerConfig}/config.json`],
    ['Name', machine.Name],
    ['Operating system', machine.OperatingSystem],
    ['Kernel', machine.KernelVersion],
    ['Architecture', machine.Architecture],
    ['CPUs', String(machine.NCPU)],
    ['Memory', formatSize(machine.MemTotal)],
    ['Rootless', machine.Rootless ? 'yes' : 'no'],
  ]);
}
