// A box to look at: a real daemon over a filled record, on a port of this machine.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const DAY = 86_400_000;

// What OpenVPN tells its hook of a tunnel.
const TUNNEL = {
  dev: 'tun9',
  trusted_ip: '198.51.100.1',
  trusted_port: '1194',
  proto_1: 'udp4',
  ifconfig_local: '192.0.2.10',
  ifconfig_ipv6_local: '2001:db8:99::10',
  OPENVPN_DELEGATED_IPv6_PREFIX: '2001:db8:1::/56',
  OPENVPN_TEMOIN_ORIGIN_IP: '203.0.113.7',
  OPENVPN_TEMOIN_ORIGIN_PORT: '47525',
};

/**
 * Starts a box with sessions of the last 13 months, and one that lasts. A witnessed one has asked its
 * operator about the newest of them; `change` may change its files before it starts, and `tunnel` what
 * OpenVPN says of the session that lasts.
 */
export async function startBox(root, { isWitnessed = false, change = () => {}, tunnel = {} } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'temoin-page-'));
  const state = join(directory, 'state');
  const config = join(directory, 'temoin.toml');
  writeFileSync(
    config,
    '[tunnel]\ndevices = ["tun9"]\n[clock]\ntrust = "always"\n[origin]\nmethods = []\n' +
      '[operator]\nprofile = "neutrinet"\n',
  );
  const program = join(root, 'target/debug/temoin');
  const common = ['--state-dir', state, '--config', config];
  const env = { ...process.env, LC_ALL: 'C', TZ: 'Europe/Brussels' };
  const until = Date.now() - 2 * DAY;
  const fill = join(root, 'target/debug/examples/fill-record');
  execFileSync(fill, [state, '130', String(3 * DAY), String(until)]);
  if (isWitnessed) {
    execFileSync(join(root, 'target/debug/examples/fill-correspondence'), [directory]);
  }
  change(directory);

  const port = await freePort();
  const daemon = spawn(program, [...common, 'daemon', '--listen', `127.0.0.1:${port}`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  daemon.stderr.on('data', (data) => (log += data));
  const address = `http://127.0.0.1:${port}`;
  await untilTrue('the page', async () => (await fetch(address)).ok);
  execFileSync(program, [...common, 'hook', 'route-up'], {
    env: { ...env, ...TUNNEL, ...tunnel },
  });
  const isUp = async () => (await (await fetch(address)).text()).includes('class="status open"');
  await untilTrue('the open session', isUp);

  return {
    address,
    log: () => log,
    stop() {
      daemon.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilTrue(what, look) {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (await look().catch(() => false)) return;
    await pause(100);
  }
  throw new Error(`no ${what} within 30 s`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
