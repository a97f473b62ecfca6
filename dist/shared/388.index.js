export const id=388;export const ids=[388];export const modules={2388:((o,e,t)=>{t.r(e),t.d(e,{HubClient:()=>n.P,verifyToken:()=>r.n});var n=t(8658),r=t(9074)})};
