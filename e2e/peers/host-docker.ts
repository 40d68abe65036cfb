import { checkProgram, hasProgram } from './program.ts';

export interface DockerClient {
  readonly name: string;
  /** Undefined is the packaged one. */
  readonly program: string | undefined;
}

/** The packaged docker client, and the one on the host if there is one and it is another version. */
export async function listDockerClients(): Promise<DockerClient[]> {
  const packaged: DockerClient = { name: 'docker 20.10', program: undefined };
  if (!(await hasProgram('docker'))) return [packaged];
  const program = (await checkProgram('/bin/sh', ['-c', 'command -v docker'])).trim();
  const version = (await checkProgram(program, ['--version'])).trim();
  return version.includes(' 20.10') ? [packaged] : [packaged, { name: `the host's ${version}`, program }];
}
