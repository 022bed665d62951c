"""A board's card in QEMU, with a lab's network around it and a shell on its serial console."""
