# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""pyverbs_tph, call by call: what it gives, what it refuses and by which errno, and what is left of
an object once it is closed.
"""

import pyverbs_tph.enums as te
import pyverbs_tph.mlx5 as tm

from pyverbs_tph_base import TphTestCase

TAG = 0xa7
PH = 1


class TphDmaBufMRTest(TphTestCase):
    """Good and bad registrations."""

    def test_query(self):
        """A region has the tag and the hint that were published, and says so"""
        self.publish(TAG, PH)
        with self.register(tph_flags=te.IBV_TPH_REQUIRE) as mr:
            info = tm.query_mr(mr)
            self.assertEqual(
                (info.source, info.tph_namespace, info.steering_tag, info.ph, info.state),
                (te.MLX5DV_TPH_SOURCE_EXPORTER, self.emitted, TAG, PH,
                 te.MLX5DV_TPH_STATE_IN_EFFECT))
