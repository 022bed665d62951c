//! The edge towards OpenVPN and the network: what the box can observe of a tunnel.
