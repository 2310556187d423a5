/* Stands in for /dev/dma_heap/... and /dev/udmabuf where the kernel has neither: every DMA buffer is a memfd.
 *
 *   gcc -shared -fPIC -O2 -Wall -Wextra -Werror -o dmabuf_shim.so dmabuf_shim.c
 *   LD_PRELOAD=$PWD/dmabuf_shim.so cam --list
 *
 * For tests only: it replaces open and ioctl of the C library in the program it is loaded into.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char HEAPS[] = "/dev/dma_heap/";

static bool is_provider(const char *path)
{
	return strncmp(path, HEAPS, sizeof HEAPS - 1) == 0 || strcmp(path, "/dev/udmabuf") == 0;
}

static int memory(const char *name, off_t size)
{
	int descriptor = memfd_create(name, MFD_CLOEXEC);

	if (descriptor >= 0 && ftruncate(descriptor, size) != 0) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

/* A program calls open or open64, depending on how it was built. */
#define STAND_IN_FOR(name)                                                      \
	int name(const char *path, int flags, ...)                              \
	{                                                                       \
		int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);  \
		mode_t mode = 0;                                                \
		va_list more;                                                   \
                                                                                \
		if (is_provider(path))                                          \
			return memory("dma-provider", 0);                       \
		if (flags & (O_CREAT | __O_TMPFILE)) {                          \
			va_start(more, flags);                                  \
			mode = va_arg(more, mode_t);                            \
			va_end(more);                                           \
		}                                                               \
		return next(path, flags, mode);                                 \
	}
STAND_IN_FOR(open)
STAND_IN_FOR(open64)

static int allocate(struct dma_heap_allocation_data *wanted)
{
	int descriptor = memory("dma-buffer", (off_t)wanted->len);

	if (descriptor < 0)
		return -1;
	wanted->fd = (unsigned int)descriptor;
	return 0;
}

int ioctl(int descriptor, unsigned long request, ...)
{
	int (*next)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
	void *argument;
	va_list more;

	va_start(more, request);
	argument = va_arg(more, void *);
	va_end(more);

	/* Python hands the number on as a signed int, which fills the upper half with ones. */
	switch ((unsigned int)request) {
	case DMA_HEAP_IOCTL_ALLOC:
		return allocate(argument);
	case UDMABUF_CREATE:
		return fcntl((int)((struct udmabuf_create *)argument)->memfd, F_DUPFD_CLOEXEC, 0);
	case DMA_BUF_IOCTL_SYNC:
	case DMA_BUF_SET_NAME_A:
	case DMA_BUF_SET_NAME_B:
		return 0; /* the memory of a memfd is coherent, and it has its name */
	default:
		return next(descriptor, request, argument);
	}
}
