package vnode

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// register makes a node part of the pool and returns it as its kubelet reports it; nil if there is
// one of that name. The error is about its behaviour.
func (p *Pool) register(object *corev1.Node, booting bool) (*corev1.Node, error) {
	behaviour, err := p.behaviourOf(object)
	if err != nil {
		return nil, err
	}
	complete := p.enter(object, behaviour, booting)
	if complete == nil {
		return nil, nil
	}
	if v := p.providers[behaviour]; v != nil {
		if err := v.add(complete, p.config.Informers); err != nil {
			p.unregister(object.Name)
			return nil, err
		}
	}
	return complete, nil
}

// enter is register without what the node's behaviour has to say.
func (p *Pool) enter(object *corev1.Node, behaviour string, booting bool) *corev1.Node {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.nodes[object.Name] != nil {
		return nil
	}
	p.added++
	complete := Complete(object, p.added)
	p.nodes[object.Name] = &node{
		name: object.Name, ip: complete.Status.Addresses[0].Address, behaviour: behaviour,
		pods: map[*pod]struct{}{}, began: time.Now(), booting: booting,
	}
	if p.config.Behaviours[behaviour].DrivesNodes {
		unreported(complete)
	}
	return complete
}

// unregister takes a node back that could not be made.
func (p *Pool) unregister(name string) {
	p.mu.Lock()
	n := p.nodes[name]
	delete(p.nodes, name)
	p.mu.Unlock()
	if n != nil && p.providers[n.behaviour] != nil {
		p.providers[n.behaviour].remove(name)
	}
}

// boot notes that a node has booted, and tells whether somebody else says that it is Ready.
func (p *Pool) boot(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.nodes[name]
	if n == nil {
		return false
	}
	n.booting = false
	return p.config.Behaviours[n.behaviour].DrivesNodes
}

// created tells whoever wants to know that a node of the pool is in the API.
func (p *Pool) created(name string) {
	for _, v := range p.providers {
		v.follow(name)
	}
	p.changed()
}
