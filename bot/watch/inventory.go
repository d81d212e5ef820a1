package watch

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vmbackup-bot/vmbackup"
)

// Lister is what an Inventory needs of VM Backup.
type Lister interface {
	// VMs are the virtual machines that the server knows; configuredOnly leaves out those it does not protect.
	VMs(ctx context.Context, configuredOnly bool) ([]vmbackup.VM, error)
}

// ListStore keeps the VM list as last seen.
type ListStore interface {
	SaveVMs(ctx context.Context, site string, vms []vmbackup.VM, at time.Time) error
	VMs(ctx context.Context, site string) ([]vmbackup.VM, time.Time, error)
}

// listFresh is for how long a VM list is good enough to answer from: a person who asks twice is not worth two logins.
const listFresh = 30 * time.Second

// listPatience is how long a person who asked waits for the server's own list before the one last seen must do.
const listPatience = 20 * time.Second

// Inventory is the VM list of one site: asked for when it is needed, remembered for when the server cannot be asked.
type Inventory struct {
	site   string
	server Lister
	store  ListStore
	// changed is told of every list that was read, for those who keep something made from it.
	changed func([]vmbackup.VM)

	calls singleflight.Group
	mu    sync.Mutex
	vms   []vmbackup.VM
	asOf  time.Time
	fresh time.Time // until when asOf is good enough
}

// NewInventory makes an Inventory; changed may be nil.
func NewInventory(site string, server Lister, store ListStore, changed func([]vmbackup.VM)) *Inventory {
	if changed == nil {
		changed = func([]vmbackup.VM) {}
	}
	return &Inventory{site: site, server: server, store: store, changed: changed}
}

// Load takes the list last seen out of the store, so that there is one before the server was ever asked.
func (i *Inventory) Load(ctx context.Context) error {
	vms, at, err := i.store.VMs(ctx, i.site)
	if err != nil {
		return err
	}
	i.mu.Lock()
	i.vms, i.asOf, i.fresh = vms, at, time.Time{}
	i.mu.Unlock()
	i.changed(vms)
	return nil
}

// Seen is the list as last seen, and when that was; it asks nobody. The list must not be changed.
func (i *Inventory) Seen() ([]vmbackup.VM, time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.vms, i.asOf
}

// Stale says that something happened on the server that the list should show: it is asked for anew when next needed.
func (i *Inventory) Stale() {
	i.mu.Lock()
	i.fresh = time.Time{}
	i.mu.Unlock()
}

// VMs is the list, from the server where it is time to ask again. On an error the list is the one last seen: err says why
// there is no newer one.
func (i *Inventory) VMs(ctx context.Context) (vms []vmbackup.VM, asOf time.Time, err error) {
	i.mu.Lock()
	vms, asOf, good := i.vms, i.asOf, time.Now().Before(i.fresh)
	i.mu.Unlock()
	if good {
		return vms, asOf, nil
	}
	_, err, _ = i.calls.Do("list", func() (any, error) { return nil, i.ask(ctx) })
	vms, asOf = i.Seen()
	return vms, asOf, err
}

func (i *Inventory) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	vms, err := i.server.VMs(ctx, false)
	if err != nil {
		return err
	}
	now := time.Now()
	i.mu.Lock()
	i.vms, i.asOf, i.fresh = vms, now, now.Add(listFresh)
	i.mu.Unlock()
	i.changed(vms)
	return i.store.SaveVMs(ctx, i.site, vms, now)
}
