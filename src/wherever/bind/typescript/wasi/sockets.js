import * as shim from "@bytecodealliance/preview2-shim/sockets";

function denied() {
  throw Object.assign(new Error("the network is not granted"), { payload: "access-denied" });
}

/** The types of sockets, and no way to have one. */
export function sockets() {
  return {
    "wasi:sockets/instance-network": shim.instanceNetwork,
    "wasi:sockets/ip-name-lookup": { ...shim.ipNameLookup, resolveAddresses: denied },
    "wasi:sockets/network": shim.network,
    "wasi:sockets/tcp": shim.tcp,
    "wasi:sockets/tcp-create-socket": { createTcpSocket: denied },
    "wasi:sockets/udp": shim.udp,
    "wasi:sockets/udp-create-socket": { createUdpSocket: denied },
  };
}
