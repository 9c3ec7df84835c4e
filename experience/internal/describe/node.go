package describe

import "go.yaml.in/yaml/v3"

// object is a mapping that keeps its order.
type object struct{ node *yaml.Node }

func newObject() object { return object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}} }

// set adds a key; v is a string, bool, int, []string, object or list of objects.
func (o object) set(key string, v any) object {
	o.node.Content = append(o.node.Content, text(key), value(v))
	return o
}

func (o object) empty() bool { return len(o.node.Content) == 0 }

func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func value(v any) *yaml.Node {
	n := &yaml.Node{}
	switch v := v.(type) {
	case object:
		return v.node
	case []object:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		for _, one := range v {
			n.Content = append(n.Content, one.node)
		}
	case []string:
		n.Kind, n.Tag, n.Style = yaml.SequenceNode, "!!seq", yaml.FlowStyle
		for _, one := range v {
			n.Content = append(n.Content, text(one))
		}
	case string:
		return text(v)
	case bool:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!bool", "false"
		if v {
			n.Value = "true"
		}
	}
	return n
}
