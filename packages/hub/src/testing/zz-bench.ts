import { openTestHub, basic } from './open-test-hub.ts';
import { requestToken } from './request-token.ts';
import { parseRepositoryName } from '@slipway/oci';
const test = await openTestHub();
await test.hub.accounts.add({name:'ann',password:'ann-secret-1'});
const ann = basic('ann','ann-secret-1'); const origin='http://localhost:5000';
const bearer = 'Bearer ' + await requestToken(test.hub,{authorization:ann,origin,scopes:['repository:ann/app:pull','repository:bob/shared:pull']});
const e = test.directory.add('bob/shared'); await test.hub.repositories.setVisibility({name:'admin',administrator:true}, e.name,'public');
const bearer2 = 'Bearer ' + await requestToken(test.hub,{authorization:ann,origin,scopes:['repository:bob/shared:pull']});
const anon = 'Bearer ' + await requestToken(test.hub,{authorization:undefined,origin,scopes:['repository:bob/shared:pull']});
const cases: [string,string|undefined,string][] = [['owner token',bearer,'ann/app'],['token public',bearer2,'bob/shared'],['anon token public',anon,'bob/shared'],['none public',undefined,'bob/shared'],['basic owner',ann,'ann/app']];
for (let round=0; round<2; round++) for (const [label,authorization,name] of cases) {
  const access = {kind:'repository' as const, name: parseRepositoryName(name), action:'pull' as const};
  const N=100000; const t=performance.now();
  for (let i=0;i<N;i++) { const v = await test.hub.authorizer.authorize({authorization: authorization===undefined?undefined:Buffer.from(authorization).toString(), address:'127.0.0.1', origin}, access); if (v.kind!=='allowed') throw new Error(v.kind); }
  console.log(label, ((performance.now()-t)/N*1000).toFixed(2),'us');
}
await test[Symbol.asyncDispose]();
