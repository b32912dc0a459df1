// SPDX-License-Identifier: GPL-2.0
/*
 * TLP Processing Hints of an exporter that knows nothing of them, as an importer sees it, and the
 * importer itself: the one in debugfs, CONFIG_DMABUF_TPH_TEST
 */
#include "kselftest_harness.h"
#include "tph_importer.h"

FIXTURE(tph) {
	int importer;
	int dmabuf;
};

FIXTURE_SETUP(tph)
{
	self->dmabuf = -1;
	self->importer = tph_importer_open();
	if (self->importer < 0)
		SKIP(return, TPH_IMPORTER ": %s", strerror(errno));

	self->dmabuf = tph_udmabuf_create();
	if (self->dmabuf < 0)
		SKIP(return, "no udmabuf: %s", strerror(errno));
}

FIXTURE_TEARDOWN(tph)
{
	close(self->dmabuf);
	close(self->importer);
}

TEST_F(tph, not_attached)
{
	EXPECT_EQ(tph_importer_command(self->importer, "query"), -ENOTCONN);
	EXPECT_EQ(tph_importer_command(self->importer, "hold"), -ENOTCONN);
	EXPECT_EQ(tph_importer_command(self->importer, "detach"), -ENOTCONN);
	EXPECT_EQ(tph_importer_command(self->importer, "release"), -EAGAIN);
}

TEST_F(tph, no_command)
{
	EXPECT_EQ(tph_importer_command(self->importer, "nonsense"), -EINVAL);
	EXPECT_EQ(tph_importer_command(self->importer,
				       "a command that is longer than any can be"), -E2BIG);
}

TEST_F(tph, no_dma_buf)
{
	int other = open("/dev/null", O_RDWR);

	ASSERT_GE(other, 0);
	EXPECT_EQ(tph_importer_attach(self->importer, -1), -EBADF);
	EXPECT_EQ(tph_importer_attach(self->importer, other), -EINVAL);
	close(other);
}

TEST_F(tph, attached_once)
{
	EXPECT_EQ(tph_importer_attach(self->importer, self->dmabuf), 0);
	EXPECT_EQ(tph_importer_attach(self->importer, self->dmabuf), -EISCONN);
	EXPECT_EQ(tph_importer_command(self->importer, "detach"), 0);
	EXPECT_EQ(tph_importer_attach(self->importer, self->dmabuf), 0);
}

TEST_F(tph, no_hints)
{
	struct tph_importer_state state;

	ASSERT_EQ(tph_importer_attach(self->importer, self->dmabuf), 0);
	ASSERT_EQ(tph_importer_read(self->importer, &state), 0);
	EXPECT_STREQ(state.st, "none");
	EXPECT_STREQ(state.st_ext, "none");

	/* -EOPNOTSUPP */
	EXPECT_EQ(tph_importer_command(self->importer, "query"), 0);
	ASSERT_EQ(tph_importer_read(self->importer, &state), 0);
	EXPECT_STREQ(state.st, "-95");
	EXPECT_STREQ(state.st_ext, "-95");
}

TEST_HARNESS_MAIN
