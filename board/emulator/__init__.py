"""A board's card in QEMU, with a laboratory's network around it and a shell on its serial console."""
