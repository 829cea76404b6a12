/** What the page's address asks for: the side, its workload and size, what it computes on, and threads where it is to be told. */
export const asked = JSON.parse(new URLSearchParams(location.search).get('asked'))
