import { type Command, defineCommand } from '../command/command.ts';
import { type Flag, type FlagTable, textFlag } from '../command/flag.ts';

/** What `slipway serve` needs of the server. */
export interface ServerModule {
  readonly SETTINGS: Readonly<Record<string, ServerSetting>>;
  serve(options: ServeOptions): Promise<number>;
}

interface ServerSetting {
  readonly flag: string;
  readonly environment: string;
  readonly help: string;
  readonly fallback: string;
}

interface ServeOptions {
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly checkout: string;
}

export async function loadServeCommand(): Promise<Command> {
  return createServeCommand(await import('@slipway/server'));
}

/** The command with a flag for every setting of the server. */
export function createServeCommand(server: ServerModule): Command {
  return defineCommand({
    path: ['serve'],
    summary: 'Run the server',
    usage: '',
    operands: { min: 0, max: 0 },
    description: 'Flags win over environment variables, and those over the configuration file.',
    examples: ['slipway serve', 'slipway serve --listen :5000 --data /srv/slipway', 'SLIPWAY_PUBLIC_URL=https://hub.example slipway serve'],
    flags: serveFlags(server.SETTINGS),
    async run(context, { flags }) {
      context.releaseProcess();
      const texts = Object.entries(flags).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
      return await server.serve({ flags: Object.fromEntries(texts), environment: context.environment, checkout: context.checkout });
    },
  });
}

function serveFlags(settings: ServerModule['SETTINGS']): FlagTable {
  const flags = Object.values(settings).map(({ flag, environment, help, fallback }): [string, Flag<string | undefined>] => [
    flag,
    textFlag(`${help} (default ${fallback}) [$${environment}]`, { placeholder: 'value' }),
  ]);
  return { config: textFlag('configuration file (YAML) [$SLIPWAY_CONFIG]', { placeholder: 'file' }), ...Object.fromEntries(flags) };
}
