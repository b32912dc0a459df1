// SPDX-License-Identifier: GPL-2.0
/*
 * TPH completer bits for QEMU's PCIe root port
 *
 * QEMU's root port has none in its Device Capabilities 2 register, so that nothing below it may
 * make requests with TLP Processing Hints. This adds them to what the kernel reads, for tests in a
 * guest:
 *
 *	lab_root_port.tph_completer=0	as QEMU has it (the default)
 *	lab_root_port.tph_completer=1	a completer of 8-bit tags
 *	lab_root_port.tph_completer=3	of 16-bit tags too
 *
 * on the kernel's command line, or in /sys/module for drivers that are bound afterwards. User space
 * sees them as well (lspci).
 */
#include <linux/bitfield.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>

#define QEMU_ROOT_PORT		0x000c
#define MAX_ROOT_PORTS		16

static u8 tph_completer;

static int tph_completer_set(const char *val, const struct kernel_param *kp)
{
	u8 type;
	int err;

	err = kstrtou8(val, 0, &type);
	if (err)
		return err;
	if (type != PCI_EXP_DEVCAP2_TPH_COMP_NONE && type != PCI_EXP_DEVCAP2_TPH_COMP_TPH_ONLY &&
	    type != PCI_EXP_DEVCAP2_TPH_COMP_EXT_TPH)
		return -EINVAL;
	tph_completer = type;
	return 0;
}

static const struct kernel_param_ops tph_completer_ops = {
	.set = tph_completer_set,
	.get = param_get_byte,
};

module_param_cb(tph_completer, &tph_completer_ops, &tph_completer, 0644);

struct root_port {
	struct pci_bus *bus;
	unsigned int devfn;
	int devcap2;
};

static struct root_port root_ports[MAX_ROOT_PORTS];
static unsigned int num_root_ports;
static struct pci_ops *real_ops;
static struct pci_ops ops;

static int read_with_completer(struct pci_bus *bus, unsigned int devfn, int where, int size,
			       u32 *val)
{
	u32 bits = FIELD_PREP(PCI_EXP_DEVCAP2_TPH_COMP_MASK, tph_completer);
	int ret = real_ops->read(bus, devfn, where, size, val);
	const struct root_port *port;

	if (ret)
		return ret;
	for (port = root_ports; port < root_ports + num_root_ports; port++)
		if (port->bus == bus && port->devfn == devfn && where >= port->devcap2 &&
		    where < port->devcap2 + (int)sizeof(u32))
			*val |= (bits >> (where - port->devcap2) * BITS_PER_BYTE) &
				GENMASK(size * BITS_PER_BYTE - 1, 0);
	return 0;
}

static void add_completer(struct pci_dev *pdev)
{
	if (!pci_is_pcie(pdev))
		return;

	/* All buses of a host bridge have its operations, those found later too */
	if (!real_ops) {
		real_ops = pdev->bus->ops;
		ops = *real_ops;
		ops.read = read_with_completer;
	}
	if (num_root_ports == MAX_ROOT_PORTS ||
	    (pdev->bus->ops != &ops && pdev->bus->ops != real_ops)) {
		pci_warn(pdev, "no TPH completer: too many root ports or host bridges\n");
		return;
	}

	root_ports[num_root_ports++] = (struct root_port){
		.bus = pdev->bus,
		.devfn = pdev->devfn,
		.devcap2 = pdev->pcie_cap + PCI_EXP_DEVCAP2,
	};
	pci_bus_set_ops(pdev->bus, &ops);
}
DECLARE_PCI_FIXUP_HEADER(PCI_VENDOR_ID_REDHAT, QEMU_ROOT_PORT, add_completer);
