package session

import "github.com/latchwork/latchwork/engine"

// Nodes are the node types of the group.
func Nodes(m *Manager) []engine.NodeType {
	return []engine.NodeType{
		m.createNode(), m.currentNode(), m.getNode(), m.updateNode(), m.listNode(), m.deleteNode(), m.deleteAllNode(),
		m.raiseNode(),
	}
}
