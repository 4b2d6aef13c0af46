import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as address from '../../../lib/rtnl/constants/address';
import * as groups from '../../../lib/rtnl/constants/groups';
import * as link from '../../../lib/rtnl/constants/link';
import * as neighbor from '../../../lib/rtnl/constants/neighbor';
import * as netlink from '../../../lib/rtnl/constants/netlink';
import * as nsid from '../../../lib/rtnl/constants/nsid';
import * as route from '../../../lib/rtnl/constants/route';
import {
  addressCacheInfo,
  bridgeBooleans,
  ifaddrmsg,
  ifinfomsg,
  linkStats64,
  ndmsg,
  neighborCacheInfo,
  routeCacheInfo,
  rtgenmsg,
  rtmsg,
  rtnexthop,
  vxlanPortRange,
} from '../../../lib/rtnl';

/** Names that came after Linux 6.1, with the release that brought them. A header of that release must have them. */
const newer: Readonly<Record<string, string>> = {
  BR_BOOLOPT_FDB_LOCAL_VLAN_0: '6.18',
  BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION: '6.15',
  IFLA_BRPORT_BACKUP_NHID: '6.6',
  IFLA_BRPORT_MAB: '6.2',
  IFLA_BRPORT_MCAST_MAX_GROUPS: '6.3',
  IFLA_BRPORT_MCAST_N_GROUPS: '6.3',
  IFLA_BRPORT_NEIGH_VLAN_SUPPRESS: '6.4',
  IFLA_BR_FDB_MAX_LEARNED: '6.7',
  IFLA_BR_FDB_N_LEARNED: '6.7',
  IFLA_DEVLINK_PORT: '6.2',
  IFLA_DPLL_PIN: '6.7',
  IFLA_GRO_IPV4_MAX_SIZE: '6.3',
  IFLA_GSO_IPV4_MAX_SIZE: '6.3',
  IFLA_HEADROOM: '6.18',
  IFLA_MACVLAN_BC_CUTOFF: '6.4',
  IFLA_MAX_PACING_OFFLOAD_HORIZON: '6.13',
  IFLA_NETNS_IMMUTABLE: '6.15',
  IFLA_TAILROOM: '6.18',
  IFLA_VXLAN_LABEL_POLICY: '6.8',
  IFLA_VXLAN_LOCALBYPASS: '6.5',
  IFLA_VXLAN_MC_ROUTE: '6.17',
  IFLA_VXLAN_RESERVED_BITS: '6.14',
  NTF_EXT_EXT_VALIDATED: '6.17',
  NTF_EXT_LOCKED: '6.2',
  RTA_FLOWLABEL: '6.14',
  RTNLGRP_IPV4_MCADDR: '6.14',
  RTNLGRP_IPV6_ACADDR: '6.15',
  RTNLGRP_IPV6_MCADDR: '6.14',
  RTPROT_OVN: '6.14',
};

/** Each struct of ours, the kernel's name for it, and the kernel's names for its fields in order. */
const structs = [
  [ifinfomsg, 'ifinfomsg', 'ifi_family __ifi_pad ifi_type ifi_index ifi_flags ifi_change'],
  [ifaddrmsg, 'ifaddrmsg', 'ifa_family ifa_prefixlen ifa_flags ifa_scope ifa_index'],
  [addressCacheInfo, 'ifa_cacheinfo', 'ifa_prefered ifa_valid cstamp tstamp'],
  [rtmsg, 'rtmsg', 'rtm_family rtm_dst_len rtm_src_len rtm_tos rtm_table rtm_protocol rtm_scope rtm_type rtm_flags'],
  [rtnexthop, 'rtnexthop', 'rtnh_len rtnh_flags rtnh_hops rtnh_ifindex'],
  [routeCacheInfo, 'rta_cacheinfo', 'rta_clntref rta_lastuse rta_expires rta_error rta_used rta_id rta_ts rta_tsage'],
  [ndmsg, 'ndmsg', 'ndm_family ndm_pad1 ndm_pad2 ndm_ifindex ndm_state ndm_flags ndm_type'],
  [neighborCacheInfo, 'nda_cacheinfo', 'ndm_confirmed ndm_used ndm_updated ndm_refcnt'],
  [rtgenmsg, 'rtgenmsg', 'rtgen_family'],
  [vxlanPortRange, 'ifla_vxlan_port_range', 'low high'],
  [bridgeBooleans, 'br_boolopt_multi', 'optval optmask'],
  [
    linkStats64,
    'rtnl_link_stats64',
    'rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors rx_dropped tx_dropped multicast collisions ' +
      'rx_length_errors rx_over_errors rx_crc_errors rx_frame_errors rx_fifo_errors rx_missed_errors ' +
      'tx_aborted_errors tx_carrier_errors tx_fifo_errors tx_heartbeat_errors tx_window_errors rx_compressed ' +
      'tx_compressed rx_nohandler rx_otherhost_dropped',
  ],
] as const;

const includes = [
  '<cstddef>',
  '<sys/socket.h>',
  '<linux/if.h>',
  '<linux/if_addr.h>',
  '<linux/if_arp.h>',
  '<linux/if_bridge.h>',
  '<linux/if_link.h>',
  '<linux/neighbour.h>',
  '<linux/net_namespace.h>',
  '<linux/netlink.h>',
  '<linux/rtnetlink.h>',
  '<linux/veth.h>',
  '<linux/version.h>',
];

const directory = mkdtempSync(path.join(tmpdir(), 'etherloom-headers-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** What g++ has to say about a program that begins with the kernel's headers. */
function compile(lines: readonly string[]): { status: number | null; errors: string } {
  const file = path.join(directory, 'program.cc');
  writeFileSync(file, [...includes.map((each) => `#include ${each}`), ...lines, ''].join('\n'));
  const flags = ['-std=c++20', '-fsyntax-only', '-fmax-errors=0', '-fno-diagnostics-color'];
  const { status, stderr } = spawnSync('g++', [...flags, file], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    // In other locales g++ quotes in other ways.
    env: { ...process.env, LC_ALL: 'C' },
  });
  return { status, errors: stderr };
}

function headerVersion(): [major: number, minor: number] {
  const input = '#include <linux/version.h>\nversion LINUX_VERSION_CODE\n';
  const { stdout } = spawnSync('g++', ['-E', '-P', '-x', 'c++', '-'], { encoding: 'utf8', input });
  const code = Number(/version (\d+)/.exec(stdout)?.[1]);
  return [code >> 16, (code >> 8) & 0xff];
}

function isNewerThan(release: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = release.split('.').map(Number);
  return a > major || (a === major && b > minor);
}

describe('numbers of the schema tables', () => {
  const constants = Object.entries({ ...address, ...groups, ...link, ...neighbor, ...netlink, ...nsid, ...route });

  it('are those of the kernel headers', () => {
    const version = headerVersion();
    expect(version[0]).toBeGreaterThanOrEqual(5);
    const probe = compile(constants.map(([name]) => `static_assert(static_cast<long long>(${name}) | true, "");`));
    const missing = new Set([...probe.errors.matchAll(/'(\w+)' was not declared/g)].map((match) => match[1]));
    const expected = Object.keys(newer).filter((name) => isNewerThan(newer[name] as string, version));
    expect([...missing].sort()).toEqual(expected.sort());

    const present = constants.filter(([name]) => !missing.has(name));
    expect(present.length).toBeGreaterThan(400);
    const result = compile(
      present.map(([name, value]) => `static_assert(static_cast<long long>(${name}) == ${value}, "${name}");`),
    );
    expect(result.errors).toBe('');
    expect(result.status).toBe(0);
  });

  it('would be found out if they were wrong', () => {
    const result = compile([`static_assert(IFLA_MTU == ${link.IFLA_MTU + 1}, "IFLA_MTU");`]);
    expect(result.status).not.toBe(0);
    expect(result.errors).toMatch(/IFLA_MTU/);
  });
});

describe('structs of the schema tables', () => {
  it('lie in memory as the kernel has them', () => {
    const lines = structs.flatMap(([struct, name, fields]) => {
      const names = fields.split(' ');
      expect(struct.layout).toHaveLength(names.length);
      return [
        `static_assert(sizeof(struct ${name}) == ${struct.size}, "sizeof ${name}");`,
        ...struct.layout.map(([, offset, size], i) => {
          const field = `struct ${name}, ${names[i]}`;
          const place = `offsetof(${field}) == ${offset} && sizeof(${`((struct ${name}*)0)->${names[i]}`}) == ${size}`;
          return `static_assert(${place}, "${name}.${names[i]}");`;
        }),
      ];
    });
    expect(lines.length).toBeGreaterThan(80);
    // A bridge id is 2 + 6 bytes; its codec is written by hand.
    lines.push('static_assert(sizeof(struct ifla_bridge_id) == 8, "ifla_bridge_id");');
    const result = compile(lines);
    expect(result.errors).toBe('');
    expect(result.status).toBe(0);
  });
});
