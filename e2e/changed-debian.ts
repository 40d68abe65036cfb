import { checkProgram } from './peers/program.ts';

/** setxattr(2): perl has no name for it. */
const SETXATTR = process.arch === 'arm64' ? 5 : 188;
const SECONDS = 1_700_000_000;

/**
 * What people and package managers do to a Debian, as a shell script for its root folder: files and links of every kind made, replaced by other kinds,
 * renamed, emptied and removed, folders replaced, modes, owners, times and capabilities changed. Everything that was touched has one time in the end.
 */
export const DEBIAN_CHANGES = `
umask 022
rm usr/bin/diff3
rm -r usr/share/doc && mkdir usr/share/doc && echo new > usr/share/doc/new
printf 'replaced\\n' > etc/motd
chmod 600 etc/passwd
chown 7:8 etc/group
chmod 2750 opt
ln etc/debian_version etc/version-link
ln -sfn ../nowhere etc/localtime
rm etc/alternatives/awk && mkdir etc/alternatives/awk && echo x > etc/alternatives/awk/within
rm -r etc/skel && echo 'a file now' > etc/skel
mv usr/bin/tar usr/bin/moved-tar
mkdir -p srv/deep/er && echo one > srv/deep/er/one && ln srv/deep/er/one srv/deep/two && ln -s er/one srv/deep/three
mkfifo run/pipe
mknod dev/odd c 5 9
printf x > "srv/$(printf 'odd\\nname \\303\\244 \\377')"
printf y > srv/$(printf 'l%.0s' $(seq 1 200))
truncate -s 5000000 srv/holes
: > etc/issue.net
printf ping > usr/bin/ping
perl -e '($file, $name, $value) = ("usr/bin/ping", "security.capability", pack("VVVVV", 0x02000001, 0x2000, 0, 0, 0)); syscall(${SETXATTR}, $file, $name, $value, 20, 0) == 0 or die $!'
chmod 4711 usr/bin/env
find srv run/pipe dev/odd usr/share/doc etc/alternatives/awk -exec touch -h -d @${SECONDS} {} +
touch -h -d @${SECONDS} usr/bin/ping usr/bin/moved-tar etc/motd etc/issue.net etc/skel etc/localtime etc/version-link
touch -d @${SECONDS - 5} usr/bin/who
touch -d @${SECONDS} usr/bin usr/share etc/alternatives etc dev opt run usr
`;

export async function changeDebian(root: string): Promise<void> {
  await checkProgram('/bin/sh', ['-ec', DEBIAN_CHANGES], { cwd: root });
}
