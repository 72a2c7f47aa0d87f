package record

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"

	"simk.dev/simk/tracer/internal/kube"
	"simk.dev/simk/tracer/record/journal"
)

// objectKey names an object. Two resources never show the same one.
type objectKey struct {
	resource        *Resource
	namespace, name string
}

func keyOf(r *Resource, o *unstructured.Unstructured) objectKey {
	return objectKey{r, o.GetNamespace(), o.GetName()}
}

// object is what is kept of an object that lives.
type object struct {
	uid, version string
	ref          journal.Ref
	// body is its manifest in the recording, nil if it is not in there.
	body []byte
	// rv, changed and written are of the last change: changed without, written
	// with its status.
	rv               uint64
	created          time.Time
	changed, written time.Time
	deleting         bool // its deletion has been recorded
	ignored          bool // it was being deleted at the start
	excluded         bool // by the selector, or because it had ended at the start
	keepVolume       bool
	failed           bool         // a node that is down
	readySince       time.Time    // a node: when it last became ready
	cordoned         bool         // a node that takes no new pods
	drained          bool         // a cordoned node from which a pod was evicted
	pod              *journal.Pod // a pod
	controller       *journal.Owner
}

// clockFunc is the server's time, once it is needed.
type clockFunc func(context.Context) time.Time

// handle records a change.
func (r *Recorder) handle(ctx context.Context, c change, now clockFunc) error {
	if c.listed != nil {
		return r.compare(ctx, c, now)
	}
	resource := c.from.resource
	d := kube.Document{Object: c.object.Object}
	if resource.Shell {
		shell(d)
	}
	if !r.relevant(resource, d) {
		return nil
	}
	k := keyOf(resource, c.object)
	known := r.objects[k]
	if known != nil && known.uid != string(c.object.GetUID()) {
		// It was deleted and made again while nobody looked, at the latest then.
		if c.deleted {
			return nil // of the one before, which is gone already
		}
		if err := r.gone(known, journal.Line{At: at(d.Object, "metadata", "creationTimestamp"), Latest: true}); err != nil {
			return err
		}
		delete(r.objects, k)
		known = nil
	}
	if known == nil && c.deleted {
		return nil // the recording never had it
	}
	if known != nil && !c.deleted && known.version == c.object.GetResourceVersion() {
		return nil // a list has it again
	}
	u := update{
		recorder: r, ctx: ctx, now: now, resource: resource, d: d, o: known,
		isNew: known == nil, deleted: c.deleted, loose: c.fromList || c.deleted,
	}
	if known == nil {
		u.o = r.newObject(resource, d)
		r.objects[k] = u.o
	}
	u.o.version = c.object.GetResourceVersion()
	if err := u.apply(); err != nil {
		return err
	}
	if c.deleted {
		delete(r.objects, k)
		return r.removed(ctx, u.o, revision(c.object.GetResourceVersion()), now)
	}
	return nil
}

// relevant tells whether an object is among those to record.
func (r *Recorder) relevant(resource *Resource, d kube.Document) bool {
	name, namespace := d.Name(), d.Namespace()
	if d.Is("", "Namespace") {
		namespace = name
	}
	if (resource.Namespaced || d.Is("", "Namespace")) && !r.o.wanted(namespace) {
		return false
	}
	return !own(d) && (len(resource.Names) == 0 || slices.Contains(resource.Names, name))
}

func (r *Recorder) newObject(resource *Resource, d kube.Document) *object {
	o := &object{
		uid: kube.Str(d.Object, "metadata", "uid"),
		ref: journal.Ref{APIVersion: kube.Str(d.Object, "apiVersion"), Kind: d.Kind(), Namespace: d.Namespace(), Name: d.Name()},
	}
	o.created = at(d.Object, "metadata", "creationTimestamp")
	o.keepVolume = kube.Str(d.Object, "spec", "volumeName") != ""
	if resource.Workload || d.Is("", "Pod") {
		set := labels.Set{}
		for k, v := range kube.Map(d.Object, "metadata", "labels") {
			set[k], _ = v.(string)
		}
		o.excluded = !r.o.Selector.Matches(set)
	}
	return o
}

// revision is a resource version as a number. Kubernetes' own servers have
// nothing else.
func revision(version string) uint64 {
	n, _ := strconv.ParseUint(version, 10, 64)
	return n
}

// removed records that an object is gone, unless its deletion was recorded when
// it was asked for.
func (r *Recorder) removed(ctx context.Context, o *object, rv uint64, now clockFunc) error {
	if o.body == nil || o.deleting {
		return nil
	}
	return r.gone(o, journal.Line{At: now(ctx), Latest: true, RV: rv})
}

// gone records a deletion; l has its time.
func (r *Recorder) gone(o *object, l journal.Line) error {
	if o.deleting {
		return nil
	}
	o.deleting = true
	if o.body == nil {
		return nil
	}
	o.body = nil
	l.Op, l.Ref = journal.Delete, &o.ref
	return r.sink.Write(l)
}

// compare finds what a complete list no longer has.
func (r *Recorder) compare(ctx context.Context, c change, now clockFunc) error {
	var missing []objectKey
	for k := range r.objects {
		if k.resource == c.from.resource && (c.from.namespace == "" || k.namespace == c.from.namespace) {
			if _, found := c.listed[k]; !found {
				missing = append(missing, k)
			}
		}
	}
	slices.SortFunc(missing, func(a, b objectKey) int {
		return bytes.Compare([]byte(a.namespace+"/"+a.name), []byte(b.namespace+"/"+b.name))
	})
	for _, k := range missing {
		// Its revision is not known: something after the last one.
		if err := r.removed(ctx, r.objects[k], 0, now); err != nil {
			return err
		}
		delete(r.objects, k)
	}
	return nil
}

// encode is the manifest as it stands in the recording.
func encode(o map[string]any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(o); err != nil {
		return nil, fmt.Errorf("encode an object: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
