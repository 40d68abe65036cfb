export interface HomePage {
  /** Scheme and host as the reader's browser knows them. */
  readonly origin: string;
  readonly version: string;
}

/** The page at `/`: what runs here, how to log in and push. Plain HTML without scripts. */
export function renderHomePage({ origin, version }: HomePage): string {
  const host = escape(new URL(origin).host);
  const isPlain = origin.startsWith('http:') && !/^(?:localhost|127\.|\[::1\])/.test(new URL(origin).host);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipway at ${host}</title>
<style>
:root { color-scheme: light dark; --ink: #14222e; --soft: #5a6b78; --line: #d8e0e6; --paper: #fff; --ground: #f3f6f8; --accent: #0b6e8f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf2; --soft: #9aabb8; --line: #2b3944; --paper: #16212a; --ground: #0e161c; --accent: #58c1e0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 3.5rem 1.25rem 4rem; }
h1 { margin: 0 0 .35rem; font-size: 2rem; letter-spacing: -.02em; }
h2 { margin: 2.25rem 0 .6rem; font-size: 1.05rem; }
p { margin: .4rem 0 .8rem; }
.lead { color: var(--soft); font-size: 1.1rem; }
pre { margin: .5rem 0 1rem; padding: .9rem 1.1rem; overflow-x: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
code { font: 14px/1.6 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.note { color: var(--soft); font-size: .93rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9rem; }
a { color: var(--accent); }
</style>
</head>
<body>
<main>
<h1>Slipway</h1>
<p class="lead">A container registry runs here. docker, podman, skopeo, containerd, Kubernetes, helm, oras and cosign push to it and pull from it.</p>

<h2>Log in</h2>
<pre><code>docker login ${host}</code></pre>
<p class="note">The first account is <code>admin</code>; its password stands in <code>admin-password</code> in the server's data folder.
An administrator adds people with <code>slipway account add NAME</code>.</p>

<h2>Push an image</h2>
<pre><code>docker tag app ${host}/YOUR-NAME/app
docker push ${host}/YOUR-NAME/app</code></pre>
<p class="note">The first push makes the repository. It is private until you share it:</p>
<pre><code>slipway repo visibility YOUR-NAME/app public</code></pre>

<h2>Pull it</h2>
<pre><code>docker pull ${host}/YOUR-NAME/app</code></pre>
${isPlain ? `<p class="note">This server speaks plain HTTP here: docker wants <code>"insecure-registries": ["${host}"]</code> in its daemon.json, or TLS in front of the server.</p>` : ''}
<footer>Slipway ${escape(version)} · <a href="/api/v1/openapi.json">API description</a> · OCI distribution specification 1.1</footer>
</main>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
