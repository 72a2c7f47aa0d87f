// Package volumes is the storage of a simulated cluster: what the drivers behind StorageClasses
// do in a real one.
//
//	p := volumes.New(volumes.Config{Client: client, Informers: factory})
//	go p.Run(ctx, ready)
//
// Real: claims and volumes as objects; who is bound to whom, decided by upstream's
// PersistentVolume controller and the scheduler's plugin VolumeBinding; limits by CSINode;
// capacity by CSIStorageCapacity.
//
// Simulated: the external provisioner of every class, whatever its name. It makes a volume for a
// claim that the PersistentVolume controller leaves to an external one: at once, or after the
// delay that the class's annotation.ProvisionDelay says; never, if it has a ProvisionFailure. The
// volume is where the driver's topology says (see topology.go). It is deleted when it is
// released, if the class says so, and grows when its claim does.
//
// The library of the real provisioners (sig-storage-lib-external-provisioner) serves one name
// that is known when it starts, posts events in the machine's name, and has timers of its own;
// here any class may come at any time, and nothing may cost while there is no work.
package volumes
