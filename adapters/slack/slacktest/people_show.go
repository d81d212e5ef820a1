package slacktest

// Show puts a modal before a user as if the app had opened it a moment ago, and returns its id; "" when Slack would not take the
// view, which is JSON.
func (s *Server) Show(user, view string) string {
	o, no := readView(view)
	s.mu.Lock()
	defer s.mu.Unlock()
	if no != nil {
		return s.mistake("show: Slack would not take the view")
	}
	v := &View{User: user, Open: true}
	v.ID = s.newID("V")
	v.root = v.ID
	s.views = append(s.views, v)
	s.fillView(v, o)
	return v.ID
}
