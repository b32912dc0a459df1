# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What pyverbs_tph says without any device: of arguments, of addresses that lead nowhere, and in
print. By itself it is the test unit/pyverbs_tph_arguments; the guest's has it, too.
"""

import errno
import unittest

from pyverbs.pyverbs_error import PyverbsError, PyverbsRDMAError, PyverbsUserError

from pyverbs_tph import arguments, enums, errors, mlx5, mr, vfio


class ArgumentsTest(unittest.TestCase):
    """Whatever needs no device."""

    def test_unsigned(self):
        """A number that does not fit is refused, and not cut off"""
        self.assertEqual(arguments.unsigned("st", 0xff, 8), 0xff)
        self.assertEqual(arguments.unsigned("st", True, 8), 1)
        for value in (-1, 0x100, 1 << 64):
            with self.assertRaisesRegex(errors.TphArgumentError, f"st {value} is not 0 to 0xff"):
                arguments.unsigned("st", value, 8)
        for value in (1 << 31, -1 - (1 << 31)):
            with self.assertRaisesRegex(errors.TphArgumentError, "does not fit into 32 bits"):
                arguments.signed("fd", value)
        self.assertEqual(arguments.signed("fd", -1 << 31), -1 << 31)
        for value in ("1", 1.0, None):
            with self.assertRaises(TypeError):
                arguments.unsigned("st", value, 8)

    def test_errors(self):
        """Each error is one of pyverbs', with the errno once in its text"""
        refused = errors.TphError("Failed to do it", errno.ENOSPC)
        self.assertIsInstance(refused, PyverbsRDMAError)
        self.assertEqual(refused.error_code, errno.ENOSPC)
        self.assertEqual(str(refused), f"Failed to do it. Errno: {errno.ENOSPC}, "
                                       "No space left on device")
        whole = errors.TphError("cannot: No such device", errno.ENODEV, whole=True)
        self.assertEqual((str(whole), whole.error_code), ("cannot: No such device", errno.ENODEV))
        for kind in (errors.TphClosedError, errors.TphArgumentError):
            self.assertTrue(issubclass(kind, PyverbsUserError) and issubclass(kind, PyverbsError))

    def test_no_device(self):
        """An address that is none, and one where nothing is, say so by errno and in words"""
        for address, code, says in (
                ("", errno.EINVAL, "is no PCI address"),
                ("0000:00:05", errno.EINVAL, "0000:00:05 is no PCI address"),
                ("0000:00:05.8", errno.EINVAL, "Invalid argument"),
                ("fffe:ff:1f.7", errno.ENODEV, "no PCI device fffe:ff:1f.7: No such device")):
            with self.assertRaisesRegex(errors.TphError, says) as raised:
                vfio.VfioDevice(address)
            self.assertEqual(raised.exception.error_code, code)
        with self.assertRaises(errors.TphArgumentError):
            vfio.VfioDevice("0000:00:05.0\0")
        for address in (None, 5, b"0000:00:05.0"):
            with self.assertRaises(TypeError):
                vfio.VfioDevice(address)

    def test_types(self):
        """What is no object of pyverbs is a TypeError"""
        for wrong in (None, 0, "mlx5_0", object()):
            with self.assertRaises(TypeError):
                mlx5.query_mr(wrong)
            with self.assertRaises(TypeError):
                mlx5.query_device(wrong)
            with self.assertRaises(TypeError):
                mr.TphDmaBufMR(wrong, 4096, 0, 0)
            with self.assertRaises(TypeError):
                vfio.VfioDmaBuf(wrong, 0, [(0, 4096)])

    def test_not_registered(self):
        """A region that was never registered is closed, and says so"""
        region = mr.TphDmaBufMR.__new__(mr.TphDmaBufMR)
        for use in (lambda: region.lkey, lambda: region.buf, lambda: str(region),
                    lambda: region.read(1), lambda: mlx5.query_mr(region)):
            with self.assertRaises(errors.TphClosedError):
                use()
        region.close()

    def test_unknown_number(self):
        """A state that a newer kernel has is a number, a flag that it has is kept"""
        self.assertIs(enums.member(enums.mlx5dv_tph_state, 2), enums.MLX5DV_TPH_STATE_DEGRADED)
        self.assertEqual(enums.member(enums.mlx5dv_tph_state, 9), 9)
        flags = enums.mlx5dv_tph_device_flags(0x80000001)
        self.assertEqual(flags, 0x80000001)
        self.assertTrue(flags & enums.MLX5DV_TPH_DEVICE_IMPORT)

    def test_print(self):
        """What a query gives is printed a line an attribute"""
        info = mlx5.TphMrInfo(
            source=enums.MLX5DV_TPH_SOURCE_EXPORTER, tph_namespace=enums.IBV_TPH_NS_ST,
            steering_tag=0xf0, st_index=1, ph=2, revalidations=0,
            state=enums.member(enums.mlx5dv_tph_state, 9))
        self.assertEqual([line.rstrip() for line in str(info).splitlines()], [
            "TphMrInfo:",
            "  source                : MLX5DV_TPH_SOURCE_EXPORTER",
            "  tph namespace         : IBV_TPH_NS_ST",
            "  steering tag          : 0xf0",
            "  st index              : 1",
            "  ph                    : 2",
            "  revalidations         : 0",
            "  state                 : 9"])


if __name__ == "__main__":
    unittest.main()
