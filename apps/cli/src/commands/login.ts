import { isAppError } from '@slipway/base';
import type { Credential } from '@slipway/client';
import { defineCommand } from '../command/command.ts';
import { switchFlag, textFlag } from '../command/flag.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { INSECURE_FLAG } from '../registry/insecure-flag.ts';
import { readLogin } from '../registry/read-login.ts';
import { createRegistryLogin, type RegistryLogin } from '../registry/registry-login.ts';
import { isDockerHub, parseRegistryName } from '../registry/registry-name.ts';

export const loginCommand = defineCommand({
  path: ['login'],
  summary: 'Log in to a registry',
  usage: '[SERVER]',
  operands: { min: 0, max: 1 },
  description: [
    'Without SERVER it is Docker Hub, or the registry that $SLIPWAY_REGISTRY names.',
    'Credentials go where docker keeps them: $DOCKER_CONFIG/config.json, or the credential helper that it names.',
  ].join('\n'),
  examples: ['slipway login', 'slipway login -u ann --password-stdin hub.example:5000 < token-file'],
  flags: {
    password: textFlag('Password (visible to everybody on this machine: better use --password-stdin)', { short: 'p' }),
    'password-stdin': switchFlag('Take the password from stdin'),
    username: textFlag('Username', { short: 'u' }),
    ...INSECURE_FLAG,
  },
  async run(context, { flags, operands: [server] }) {
    const registry = parseRegistryName(server);
    using registries = await context.openRegistries({ insecureRegistries: flags['insecure-registry'] });
    const login = createRegistryLogin(registries, registry, context.signal);
    const typed = { username: flags.username, password: flags.password, fromStdin: flags['password-stdin'] };
    const known = typed.username === undefined && typed.password === undefined && !typed.fromStdin ? await login.find() : undefined;
    if (known !== undefined && (await renewLogin(context, login, known))) return EXIT.success;
    const suggested = known !== undefined && 'username' in known ? known.username : undefined;
    const given = await readLogin(context, typed, { suggested, isDockerHub: isDockerHub(login.name) });
    await keep(context, login, await login.verify(given));
    return EXIT.success;
  },
});

/** Whether what is stored still opens the door. A registry that cannot be reached ends the command: no password would help. */
async function renewLogin(context: CliContext, login: RegistryLogin, known: Credential): Promise<boolean> {
  if (known.kind === 'registry-token') return false;
  context.stdout.write('Authenticating with existing credentials...\n');
  try {
    await keep(context, login, await login.renew(known));
    return true;
  } catch (error) {
    if (!isAppError(error, 'UNAUTHORIZED')) throw error;
    context.stderr.write('Stored credentials invalid or expired\n');
    return false;
  }
}

async function keep(context: CliContext, login: RegistryLogin, credential: Credential): Promise<void> {
  const place = await login.store(credential);
  // An identity token is none of their passwords and can be revoked.
  if (place.kind === 'file' && credential.kind === 'password') {
    context.stderr.write(
      [
        `\nWARNING! Your credentials are stored unencrypted in '${place.where}'.`,
        'Configure a credential helper to remove this warning. See',
        'https://docs.docker.com/go/credential-store/\n\n',
      ].join('\n'),
    );
  }
  context.stdout.write('Login Succeeded\n');
}
