/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "module/api/interface.h"
#include "module/state/state.h"

static const CK_VERSION version_3_2 = { 3, 2 };

bool
interface_is(const CK_INTERFACE *i, const CK_UTF8CHAR *name,
    const CK_VERSION *version, CK_FLAGS flags)
{
	const char *wanted = name != NULL ? (const char *)name : INTERFACE_NAME;
	/* Every function list begins with its version (3.0, 3.5). */
	const CK_VERSION *v = i->pFunctionList;

	return !strcmp(wanted, (const char *)i->pInterfaceName) &&
	    (version == NULL ||
		(v->major == version->major && v->minor == version->minor)) &&
	    (i->flags & flags) == flags;
}

/* The devices that run now. */
static bool
devices_offer(const struct devices *all)
{
	bool offers = false;

	for (size_t i = 0; i < all->n; i++)
		if (device_is_open(all->v[i]) && all->v[i]->f32 != NULL)
			offers = true;
	return offers;
}

/* Those that C_Initialize would open. */
static bool
conf_offers(void)
{
	struct conf conf = CONF_INIT;
	struct conf_error error;
	bool offers = false;

	/* C_Initialize will say what is wrong. */
	if (conf_load(&conf, &error) != CKR_OK)
		return false;
	for (size_t i = 0; !offers && i < conf.n_devices; i++)
		offers = device_offers(&conf.devices[i], version_3_2);
	conf_reset(&conf);
	return offers;
}

bool
interface_offers_3_2(void)
{
	struct state *s;
	bool offers;

	if (state_read(&s) != CKR_OK)
		return conf_offers();
	offers = devices_offer(s->devices);
	rwlock_give(&s->lock);
	return offers;
}
