// SPDX-License-Identifier: GPL-2.0-only
/*
 * An importer without hardware, to look at the TLP Processing Hints that exporters publish
 *
 * Each open of /sys/kernel/debug/dma_buf_tph_test is an importer of its own; closing it detaches.
 * A write is one command:
 *
 *   attach FD   becomes an importer of this dma-buf of the writing process
 *   detach      ends that
 *   query       asks for the hints in both namespaces and keeps the answers
 *   hold        takes the reservation lock and keeps it until another write "release", or a signal;
 *               poll() reports POLLPRI while it has it
 *   release     ends a hold
 *
 * A read gives the state, one "name value" a line. Answers are "st 0xf0 ph 2", "none" where nothing
 * was asked, or the errno as a number. They are kept over an invalidation, and marked stale by it.
 */
#include <linux/debugfs.h>
#include <linux/device/faux.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define TPH_TEST_COMMAND_MAX	32

struct tph_answer {
	bool asked;
	int err;
	u16 steering_tag;
	u8 ph;
};

struct tph_importer {
	/* serializes commands, but for release */
	struct mutex lock;
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	wait_queue_head_t hold_changed;
	bool hold;

	/* under the reservation lock of the dma-buf */
	struct tph_answer answer[2];
	bool stale;
	unsigned int invalidations;
};

static struct faux_device *tph_test_dev;
static struct dentry *tph_test_file;

static void tph_invalidate(struct dma_buf_attachment *attach)
{
	struct tph_importer *importer = attach->importer_priv;

	dma_resv_assert_held(attach->dmabuf->resv);
	importer->invalidations++;
	importer->stale = importer->answer[0].asked;
}

static const struct dma_buf_attach_ops tph_attach_ops = {
	.allow_peer2peer = true,
	.invalidate_mappings = tph_invalidate,
};

static int tph_detach(struct tph_importer *importer, const char *arg)
{
	if (!importer->attach)
		return -ENOTCONN;

	dma_buf_detach(importer->dmabuf, importer->attach);
	dma_buf_put(importer->dmabuf);
	importer->attach = NULL;
	importer->dmabuf = NULL;
	memset(importer->answer, 0, sizeof(importer->answer));
	importer->stale = false;
	importer->invalidations = 0;
	return 0;
}

static int tph_attach(struct tph_importer *importer, const char *arg)
{
	struct dma_buf_attachment *attach;
	struct dma_buf *dmabuf;
	int fd, err;

	err = kstrtoint(arg, 10, &fd);
	if (err)
		return err;
	if (importer->attach)
		return -EISCONN;

	dmabuf = dma_buf_get(fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	attach = dma_buf_dynamic_attach(dmabuf, &tph_test_dev->dev, &tph_attach_ops, importer);
	if (IS_ERR(attach)) {
		dma_buf_put(dmabuf);
		return PTR_ERR(attach);
	}
	importer->dmabuf = dmabuf;
	importer->attach = attach;
	return 0;
}

static int tph_query(struct tph_importer *importer, const char *arg)
{
	struct tph_answer *answer;
	int i, err;

	if (!importer->attach)
		return -ENOTCONN;

	err = dma_resv_lock_interruptible(importer->dmabuf->resv, NULL);
	if (err)
		return err;

	for (i = 0; i < ARRAY_SIZE(importer->answer); i++) {
		answer = &importer->answer[i];
		*answer = (struct tph_answer) { .asked = true };
		answer->err = dma_buf_get_pci_tph(importer->dmabuf, i, &answer->steering_tag,
						  &answer->ph);
	}
	importer->stale = false;
	dma_resv_unlock(importer->dmabuf->resv);
	return 0;
}

static int tph_hold(struct tph_importer *importer, const char *arg)
{
	int err;

	if (!importer->attach)
		return -ENOTCONN;

	err = dma_resv_lock_interruptible(importer->dmabuf->resv, NULL);
	if (err)
		return err;

	WRITE_ONCE(importer->hold, true);
	wake_up_interruptible(&importer->hold_changed);
	err = wait_event_interruptible(importer->hold_changed, !READ_ONCE(importer->hold));
	WRITE_ONCE(importer->hold, false);
	dma_resv_unlock(importer->dmabuf->resv);
	return err ? -EINTR : 0;
}

static int tph_release(struct tph_importer *importer)
{
	if (!READ_ONCE(importer->hold))
		return -EAGAIN;

	WRITE_ONCE(importer->hold, false);
	wake_up_interruptible(&importer->hold_changed);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct tph_importer *importer, const char *arg);
} tph_commands[] = {
	{ "attach", tph_attach },
	{ "detach", tph_detach },
	{ "query", tph_query },
	{ "hold", tph_hold },
};

static int tph_run(struct tph_importer *importer, char *line)
{
	char *name = strsep(&line, " ");
	int i, err;

	/* From another thread than the one that holds the lock */
	if (!strcmp(name, "release"))
		return tph_release(importer);

	for (i = 0; i < ARRAY_SIZE(tph_commands); i++) {
		if (strcmp(name, tph_commands[i].name))
			continue;
		err = mutex_lock_interruptible(&importer->lock);
		if (err)
			return err;
		err = tph_commands[i].run(importer, line ? line : "");
		mutex_unlock(&importer->lock);
		return err;
	}
	return -EINVAL;
}

static ssize_t tph_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct tph_importer *importer = ((struct seq_file *)file->private_data)->private;
	char *line;
	int err;

	if (len > TPH_TEST_COMMAND_MAX)
		return -E2BIG;

	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);

	err = tph_run(importer, strim(line));
	kfree(line);
	return err ? err : len;
}

static void tph_show_answer(struct seq_file *s, const char *name, const struct tph_answer *answer)
{
	if (!answer->asked)
		seq_printf(s, "%s none\n", name);
	else if (answer->err)
		seq_printf(s, "%s %d\n", name, answer->err);
	else
		seq_printf(s, "%s st %#x ph %u\n", name, answer->steering_tag, answer->ph);
}

static void tph_show_attached(struct seq_file *s, struct tph_importer *importer)
{
	struct tph_answer answer[2];
	unsigned int invalidations;
	bool stale;

	dma_resv_lock(importer->dmabuf->resv, NULL);
	memcpy(answer, importer->answer, sizeof(answer));
	invalidations = importer->invalidations;
	stale = importer->stale;
	dma_resv_unlock(importer->dmabuf->resv);

	tph_show_answer(s, "8bit", &answer[0]);
	tph_show_answer(s, "16bit", &answer[1]);
	seq_printf(s, "stale %d\n", stale);
	seq_printf(s, "invalidations %u\n", invalidations);
}

static int tph_show(struct seq_file *s, void *unused)
{
	struct tph_importer *importer = s->private;
	int err;

	err = mutex_lock_interruptible(&importer->lock);
	if (err)
		return err;

	seq_printf(s, "exporter %s\n", importer->attach ? importer->dmabuf->exp_name : "none");
	if (importer->attach)
		tph_show_attached(s, importer);
	mutex_unlock(&importer->lock);
	return 0;
}

static __poll_t tph_poll(struct file *file, poll_table *wait)
{
	struct tph_importer *importer = ((struct seq_file *)file->private_data)->private;

	poll_wait(file, &importer->hold_changed, wait);
	return READ_ONCE(importer->hold) ? EPOLLPRI : 0;
}

static int tph_open(struct inode *inode, struct file *file)
{
	struct tph_importer *importer;
	int err;

	importer = kzalloc_obj(*importer);
	if (!importer)
		return -ENOMEM;

	mutex_init(&importer->lock);
	init_waitqueue_head(&importer->hold_changed);
	err = single_open(file, tph_show, importer);
	if (err) {
		kfree(importer);
		return err;
	}
	/* "release" has to get past a "hold" that runs: do not serialize on the position */
	file->f_mode &= ~FMODE_ATOMIC_POS;
	return 0;
}

static int tph_close(struct inode *inode, struct file *file)
{
	struct tph_importer *importer = ((struct seq_file *)file->private_data)->private;

	if (importer->attach)
		tph_detach(importer, "");
	mutex_destroy(&importer->lock);
	kfree(importer);
	return single_release(inode, file);
}

static const struct file_operations tph_test_fops = {
	.owner = THIS_MODULE,
	.open = tph_open,
	.read = seq_read,
	.write = tph_write,
	.poll = tph_poll,
	.llseek = seq_lseek,
	.release = tph_close,
};

static int __init tph_test_init(void)
{
	tph_test_dev = faux_device_create("dma_buf_tph_test", NULL, NULL);
	if (!tph_test_dev)
		return -ENODEV;

	tph_test_file = debugfs_create_file("dma_buf_tph_test", 0600, NULL, NULL, &tph_test_fops);
	return 0;
}

static void __exit tph_test_exit(void)
{
	debugfs_remove(tph_test_file);
	faux_device_destroy(tph_test_dev);
}

module_init(tph_test_init);
module_exit(tph_test_exit);

MODULE_DESCRIPTION("dma-buf importer for tests of TLP processing hints");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
