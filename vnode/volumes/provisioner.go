package volumes

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	volumehelper "k8s.io/component-helpers/storage/volume"

	"simk.dev/simk/tracer/annotation"
)

// DefaultProvisioner is that of the default StorageClass in an interactive cluster.
const DefaultProvisioner = "storage.simk.dev"

// retry is after which time a provisioner tries again what failed.
const retry = 15 * time.Second

// Config is what the storage needs.
type Config struct {
	Client    kubernetes.Interface
	Informers informers.SharedInformerFactory
	// Event hears what the provisioner has to say about a claim. Nil: nobody does.
	Event func(about runtime.Object, eventType, reason, note string)
}

// Provisioner makes volumes.
type Provisioner struct {
	config   Config
	queue    *queue
	claims   corelisters.PersistentVolumeClaimLister
	volumes  corelisters.PersistentVolumeLister
	nodes    corelisters.NodeLister
	classes  storagelisters.StorageClassLister
	csiNodes storagelisters.CSINodeLister
	// due is when the volume of a claim is made, by the claim's key.
	due map[string]time.Time
}

// New returns a provisioner that has not begun; call it before the informers start.
func New(config Config) *Provisioner {
	core, storage := config.Informers.Core().V1(), config.Informers.Storage().V1()
	if config.Event == nil {
		config.Event = func(runtime.Object, string, string, string) {}
	}
	return &Provisioner{
		config: config, queue: newQueue(), due: map[string]time.Time{},
		claims: core.PersistentVolumeClaims().Lister(), volumes: core.PersistentVolumes().Lister(), nodes: core.Nodes().Lister(),
		classes: storage.StorageClasses().Lister(), csiNodes: storage.CSINodes().Lister(),
	}
}

// Run makes, deletes and expands volumes until ctx ends. It calls ready when claims will be
// seen; the informers must be started by then.
func (p *Provisioner) Run(ctx context.Context, ready func()) error {
	watch := func(informer cache.SharedIndexInformer, kind string, wanted func(any) bool) error {
		add := func(obj any) {
			if key, err := cache.MetaNamespaceKeyFunc(obj); err == nil && wanted(obj) {
				p.queue.add(ctx, task{kind, key}, 0)
			}
		}
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: add, UpdateFunc: func(_, obj any) { add(obj) }})
		return err
	}
	core := p.config.Informers.Core().V1()
	if err := watch(core.PersistentVolumeClaims().Informer(), claimTask, func(obj any) bool {
		claim, ok := obj.(*corev1.PersistentVolumeClaim)
		return ok && (wantsVolume(claim) || wantsMore(claim))
	}); err != nil {
		return err
	}
	if err := watch(core.PersistentVolumes().Informer(), volumeTask, func(obj any) bool {
		volume, ok := obj.(*corev1.PersistentVolume)
		return ok && toDelete(volume)
	}); err != nil {
		return err
	}
	ready()
	p.queue.serve(ctx, p.do)
	return nil
}

// NextStep returns when the next volume is made by itself. ok is false if none will.
func (p *Provisioner) NextStep() (t time.Time, ok bool) { return p.queue.next() }

// do does a task; it returns after which time it is wanted again, never if that is negative.
func (p *Provisioner) do(ctx context.Context, t task) time.Duration {
	namespace, name, err := cache.SplitMetaNamespaceKey(t.key)
	if err != nil {
		return -1
	}
	if t.kind == volumeTask {
		err = p.delete(ctx, name)
	} else {
		var claim *corev1.PersistentVolumeClaim
		if claim, err = p.claims.PersistentVolumeClaims(namespace).Get(name); err == nil {
			var again time.Duration
			if again, err = p.serveClaim(ctx, t.key, claim); err == nil {
				return again
			}
		}
	}
	if err == nil || apierrors.IsNotFound(err) || ctx.Err() != nil {
		delete(p.due, t.key)
		return -1
	}
	return retry
}

// wantsVolume says whether the PersistentVolume controller left a claim to an external
// provisioner. It does so for a class that waits for a consumer when a node is selected.
func wantsVolume(claim *corev1.PersistentVolumeClaim) bool {
	return claim.Spec.VolumeName == "" && claim.DeletionTimestamp == nil &&
		(claim.Annotations[volumehelper.AnnStorageProvisioner] != "" || claim.Annotations[volumehelper.AnnBetaStorageProvisioner] != "")
}

func (p *Provisioner) serveClaim(ctx context.Context, key string, claim *corev1.PersistentVolumeClaim) (time.Duration, error) {
	switch {
	case wantsMore(claim):
		return -1, p.expand(ctx, claim)
	case !wantsVolume(claim):
		delete(p.due, key)
		return -1, nil
	}
	class, err := p.classes.Get(volumehelper.GetPersistentVolumeClaimClass(claim))
	if err != nil {
		return -1, err
	}
	selected, err := p.selected(ctx, class, claim)
	if err != nil || selected == nil && waits(class) {
		return -1, err
	}
	if reason := class.Annotations[annotation.ProvisionFailure]; reason != "" {
		p.config.Event(claim, corev1.EventTypeWarning, "ProvisioningFailed", fmt.Sprintf("failed to provision volume with StorageClass %q: %s", class.Name, reason))
		return retry, nil
	}
	if wait := p.wait(key, class); wait > 0 {
		return wait, nil
	}
	delete(p.due, key)
	return -1, p.provision(ctx, class, claim, selected)
}

// wait is how long making the volume of a claim still takes.
func (p *Provisioner) wait(key string, class *storagev1.StorageClass) time.Duration {
	delay, err := time.ParseDuration(class.Annotations[annotation.ProvisionDelay])
	if err != nil || delay <= 0 {
		return 0
	}
	if _, begun := p.due[key]; !begun {
		p.due[key] = time.Now().Add(delay)
	}
	return time.Until(p.due[key])
}

func waits(class *storagev1.StorageClass) bool {
	return class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

// selected is the node that the scheduler selected for a claim, if any. If that is gone the
// scheduler is asked for another.
func (p *Provisioner) selected(ctx context.Context, class *storagev1.StorageClass, claim *corev1.PersistentVolumeClaim) (*corev1.Node, error) {
	name := claim.Annotations[volumehelper.AnnSelectedNode]
	if name == "" || !waits(class) {
		return nil, nil
	}
	node, err := p.nodes.Get(name)
	if !apierrors.IsNotFound(err) {
		return node, err
	}
	again := claim.DeepCopy()
	delete(again.Annotations, volumehelper.AnnSelectedNode)
	_, err = p.config.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(ctx, again, metav1.UpdateOptions{})
	return nil, err
}

// provision makes the volume of a claim.
func (p *Provisioner) provision(ctx context.Context, class *storagev1.StorageClass, claim *corev1.PersistentVolumeClaim, selected *corev1.Node) error {
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "pvc-" + string(claim.UID),
			Annotations: map[string]string{volumehelper.AnnDynamicallyProvisioned: class.Provisioner},
		},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                  corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:               claim.Spec.AccessModes,
			VolumeMode:                claim.Spec.VolumeMode,
			StorageClassName:          class.Name,
			MountOptions:              class.MountOptions,
			NodeAffinity:              p.affinity(class, claim, selected),
			VolumeAttributesClassName: claim.Spec.VolumeAttributesClassName,
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion,
			},
		},
	}
	volume.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimDelete
	if class.ReclaimPolicy != nil {
		volume.Spec.PersistentVolumeReclaimPolicy = *class.ReclaimPolicy
	}
	if len(validation.IsDNS1123Subdomain(class.Provisioner)) == 0 {
		volume.Spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: class.Provisioner, VolumeHandle: volume.Name}
	} else { // not by CSI, such as rancher.io/local-path
		volume.Spec.HostPath = &corev1.HostPathVolumeSource{Path: "/simk/" + volume.Name}
	}
	if _, err := p.config.Client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		p.config.Event(claim, corev1.EventTypeWarning, "ProvisioningFailed", err.Error())
		return err
	}
	p.config.Event(claim, corev1.EventTypeNormal, "ProvisioningSucceeded", "Successfully provisioned volume "+volume.Name)
	return nil
}

// toDelete says whether a volume was made by a provisioner and is to be deleted with its claim.
func toDelete(volume *corev1.PersistentVolume) bool {
	return volume.Status.Phase == corev1.VolumeReleased && volume.DeletionTimestamp == nil &&
		volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete && volume.Annotations[volumehelper.AnnDynamicallyProvisioned] != ""
}

func (p *Provisioner) delete(ctx context.Context, name string) error {
	volume, err := p.volumes.Get(name)
	if err != nil || !toDelete(volume) {
		return err
	}
	return p.config.Client.CoreV1().PersistentVolumes().Delete(ctx, name, *metav1.NewPreconditionDeleteOptions(string(volume.UID)))
}

// wantsMore says whether a bound claim asks for more than it has. Admission lets it do so only
// if its class allows expansion.
func wantsMore(claim *corev1.PersistentVolumeClaim) bool {
	wanted, has := claim.Spec.Resources.Requests[corev1.ResourceStorage], claim.Status.Capacity[corev1.ResourceStorage]
	return claim.Status.Phase == corev1.ClaimBound && wanted.Cmp(has) > 0 && len(claim.Status.Capacity) > 0
}

// expand makes a volume as large as its claim asks for, and tells the claim.
func (p *Provisioner) expand(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	volume, err := p.volumes.Get(claim.Spec.VolumeName)
	if err != nil || volume.Annotations[volumehelper.AnnDynamicallyProvisioned] == "" {
		return err
	}
	wanted, has := claim.Spec.Resources.Requests[corev1.ResourceStorage], volume.Spec.Capacity[corev1.ResourceStorage]
	if wanted.Cmp(has) > 0 {
		larger := volume.DeepCopy()
		larger.Spec.Capacity[corev1.ResourceStorage] = wanted
		if _, err := p.config.Client.CoreV1().PersistentVolumes().Update(ctx, larger, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	larger := claim.DeepCopy()
	larger.Status.Capacity[corev1.ResourceStorage] = wanted
	larger.Status.Conditions = slices.DeleteFunc(larger.Status.Conditions, func(c corev1.PersistentVolumeClaimCondition) bool {
		return c.Type == corev1.PersistentVolumeClaimResizing || c.Type == corev1.PersistentVolumeClaimFileSystemResizePending
	})
	_, err = p.config.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, larger, metav1.UpdateOptions{})
	return err
}
