package kubedump

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"simk.dev/simk/tracer/internal/kube"
)

// maxText bounds the text of all objects that are kept while reading. A trace's
// head may be as long.
const maxText = 1 << 30

// errTooMuch ends the reading, also of a folder.
var errTooMuch = fmt.Errorf("more than %d MiB of objects: dump fewer kinds or namespaces", maxText>>20)

// dump is what was read.
type dump struct {
	records []*record
	// index holds the objects by name; ownedBy the controllers of those that have one.
	index   map[kube.Identity]*record
	defined map[groupKind]bool // custom kinds
	latest  time.Time          // that any object tells of
	text    int
	left    tally
	old     kube.Converted
	warn    func(string)
	pods    map[string]int // by phase
}

// record is an object and what was read from it before it was cleaned.
type record struct {
	kube.Document
	id       kube.Identity
	created  time.Time
	owner    kube.Identity // its controller
	owned    bool
	hash     string // label pod-template-hash
	life     life   // of pods
	static   bool   // a pod of a node's own
	finished bool   // a pod or Job that is over
	deleted  bool   // was being deleted
	packed   []byte // the object as JSON; Document then holds its name only
	priority class
}

// read reads all files.
func read(files []file, warn func(string)) (*dump, error) {
	d := &dump{
		index: map[kube.Identity]*record{}, defined: map[groupKind]bool{},
		left: tally{}, old: kube.Converted{}, warn: warn, pods: map[string]int{},
	}
	var unreadable []error
	for _, f := range files {
		err := kube.ReadFile(f.path, d.add)
		if aside := kube.AsAside(err, false); aside != nil {
			warn("left out " + aside.Error())
			continue
		}
		if err != nil && (!f.found || errors.Is(err, errTooMuch)) {
			return nil, err
		}
		if err != nil {
			unreadable = append(unreadable, err)
		}
	}
	if len(unreadable) > 0 {
		warn(fmt.Sprintf("%s of the folder not read to the end, the first one because: %v",
			plural(len(unreadable), "file", "files"), unreadable[0]))
	}
	if len(d.records) == 0 {
		return nil, fmt.Errorf("%s: no Kubernetes objects that bear on placing and running pods", names(files))
	}
	return d, nil
}

func names(files []file) string {
	var paths []string
	for _, f := range files {
		if len(paths) == 3 {
			return strings.Join(paths, ", ") + fmt.Sprintf(" and %d more", len(files)-3)
		}
		paths = append(paths, f.path)
	}
	return strings.Join(paths, ", ")
}

// add takes one object. What will not be needed whatever else comes goes at once.
func (d *dump) add(o kube.Document) error {
	if seen := latest(o); seen.After(d.latest) {
		d.latest = seen
	}
	if _, found := relevant[kindOf(o)]; !found && builtIn(o.Group()) && !strings.Contains(o.Group(), ".") || o.Name() == "" {
		d.left.add(dropKind, o.Kind())
		return nil
	}
	r := &record{
		Document: o, id: normal(o.Identity()), created: at(o.Object, "metadata", "creationTimestamp"),
		hash:   kube.Str(o.Object, "metadata", "labels", "pod-template-hash"),
		static: o.Is("", "Pod") && o.Static(), finished: o.Is("batch", "Job") && o.Finished(),
		deleted: kube.Field(o.Object, "metadata", "deletionTimestamp") != nil,
	}
	if d.index[r.id] != nil {
		d.left.add(dropTwice, o.Kind())
		return nil
	}
	r.owner, r.owned = o.Controller()
	r.owner = normal(r.owner)
	r.priority = classOf(o)
	if o.Is("", "Pod") {
		r.life = lifeOf(o)
		r.finished = r.life.ended
		d.pods[kube.Str(o.Object, "status", "phase")]++
	}
	if o.Is("apiextensions.k8s.io", "CustomResourceDefinition") {
		d.defined[groupKind{kube.Str(o.Object, "spec", "group"), kube.Str(o.Object, "spec", "names", "kind")}] = true
	}
	d.old.Add(o)
	delete(kube.Map(o.Object, "metadata"), "managedFields") // half of many an object
	if r.owned && r.owner.MakesPods() && o.Remade() {
		if err := r.pack(); err != nil {
			return o.Errorf("%w", err)
		}
	}
	if d.text += o.Size; d.text > maxText {
		return errTooMuch
	}
	d.index[r.id] = r
	d.records = append(d.records, r)
	return nil
}

// pack keeps an object that is hardly needed any more as text: a tenth of the
// memory. Its kind and name stay.
func (r *record) pack() (err error) {
	full := r.Object
	delete(full, "status")
	if r.packed, err = json.Marshal(full); err != nil {
		return err
	}
	r.Object = map[string]any{
		"apiVersion": full["apiVersion"], "kind": full["kind"],
		"metadata": map[string]any{"name": r.Name(), "namespace": r.Namespace()},
	}
	return nil
}

// unpack brings a packed object back.
func (r *record) unpack() error {
	if r.packed == nil {
		return nil
	}
	r.Object = nil
	err := utiljson.Unmarshal(r.packed, &r.Object)
	r.packed = nil
	return err
}

// normal makes no namespace the default one, as far as it matters for equality.
func normal(i kube.Identity) kube.Identity {
	if i.Namespace == "" {
		i.Namespace = "default"
	}
	return i
}
