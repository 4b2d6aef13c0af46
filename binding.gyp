{
  'variables': {
    # off, address (ASan + UBSan) or thread (TSan); see `npm run test:asan` and `npm run test:tsan`.
    'sanitize%': 'off',
  },
  'target_defaults': {
    'default_configuration': 'Release',
    'cflags!': ['-fno-omit-frame-pointer'],
    'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
    'cflags': [
      '-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-cast-function-type', '-Wno-missing-field-initializers',
      '-fvisibility=hidden', '-fstack-protector-strong', '-O2',
    ],
    'cflags_cc': ['-std=c++20', '-fno-exceptions', '-fvisibility-inlines-hidden'],
    'conditions': [
      ['sanitize=="off"', {
        'defines': ['_FORTIFY_SOURCE=2'],
      }],
      ['sanitize=="address"', {
        'cflags': ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-fno-omit-frame-pointer', '-g'],
        'ldflags': ['-fsanitize=address,undefined'],
      }],
      ['sanitize=="thread"', {
        'cflags': ['-fsanitize=thread', '-fno-omit-frame-pointer', '-g'],
        'ldflags': ['-fsanitize=thread'],
      }],
    ],
  },
  'conditions': [
    ['OS=="linux"', {
      'targets': [
        {
          'target_name': 'etherloom',
          'sources': [
            'native/core/checksum.cc',
            'native/core/netlink_wire.cc',
            'native/linux/netlink_socket.cc',
            'native/linux/netns.cc',
            'native/linux/tun.cc',
            'native/binding/descriptor_wrap.cc',
            'native/binding/module.cc',
            'native/binding/netlink_wrap.cc',
            'native/binding/netns_wrap.cc',
            'native/binding/tun_wrap.cc',
            'native/binding/watcher.cc',
          ],
          'include_dirs': ["<!@(node -p \"require('node-addon-api').include\")", 'native'],
          'defines': [
            'NAPI_VERSION=8', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED',
            # Node refuses calls from a worker that is being terminated: that is no reason to abort the process.
            'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
          ],
          # A worker's exit unloads the addon while native threads may still run in it: never unload.
          'ldflags': ['-Wl,-z,nodelete', '-Wl,-z,relro', '-Wl,-z,now'],
        },
        {
          'target_name': 'netns-exec',
          'type': 'executable',
          'sources': ['native/launcher/netns_exec.cc'],
          'cflags': ['-fPIE'],
          'ldflags': ['-pie', '-Wl,-z,relro', '-Wl,-z,now'],
        },
      ],
    }, {
      'targets': [{ 'target_name': 'etherloom', 'type': 'none' }],
    }],
  ],
}
