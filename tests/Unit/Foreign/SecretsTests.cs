using VirtHandover.Foreign;

namespace VirtHandover.Tests.Unit.Foreign;

public class SecretsTests
{
    [Theory]
    [InlineData("secret,id=s0,data=letmein,format=raw", "secret,id=s0,data=<not-kept>,format=raw")]
    [InlineData("secret,id=s0,data=let,,me,,in", "secret,id=s0,data=<not-kept>")]
    [InlineData("""{"qom-type":"secret","id":"s","data":"let\"mein","iv":"x"}""", """{"qom-type":"secret","id":"s","data":"<not-kept>","iv":"x"}""")]
    [InlineData("""{"qom-type": "secret", "data" : "letmein"}""", """{"qom-type": "secret", "data" : "<not-kept>"}""")]
    [InlineData("port=5900,password=letmein", "port=5900,password=<not-kept>")]
    [InlineData("""{"driver":"ssh","password":"letmein"}""", """{"driver":"ssh","password":"<not-kept>"}""")]
    [InlineData("file=https://user:letmein@host/a", "file=https://user:<not-kept>@host/a")]
    [InlineData("qemu-kvm: -object secret,id=s,data=letmein: no such thing", "qemu-kvm: -object secret,id=s,data=<not-kept>")]
    [InlineData("name=opt/org.example/config,string=let,,mein", "name=opt/org.example/config,string=<not-kept>")]
    [InlineData("""{"name":"opt/org.example/config","string":"let\"mein"}""", """{"name":"opt/org.example/config","string":"<not-kept>"}""")]
    [InlineData(
        "type=11,value=io.systemd.credential:a=letmein,value=plain,value=io.systemd.credential.binary:b=bGV0bWVpbg==",
        "type=11,value=io.systemd.credential:a=<not-kept>,value=plain,value=io.systemd.credential.binary:b=<not-kept>")]
    [InlineData(
        """type=11,value=io.systemd.credential:docker.json={"auths":{"r":{"auth":"bGV0bWVpbg=="}}},value=plain""",
        "type=11,value=io.systemd.credential:docker.json=<not-kept>,value=plain")]
    [InlineData("quiet systemd.set_credential=\"a:let me in\" ro", "quiet systemd.set_credential=\"a:<not-kept>\" ro")]
    [InlineData("quiet \"systemd.set_credential=a:let me in\" ro", "quiet \"systemd.set_credential=a:<not-kept>\" ro")]
    [InlineData("quiet systemd.set_credential=a:letmein ro", "quiet systemd.set_credential=a:<not-kept> ro")]
    [InlineData("""file=rbd:pool/disk:id=user:key=bGV0bWVpbg==:auth_supported=cephx\;none,if=none""", """file=rbd:pool/disk:id=user:key=<not-kept>:auth_supported=cephx\;none,if=none""")]
    public void A_password_is_taken_out(string word, string kept) => Assert.Equal(kept, Secrets.Redact(word));

    [Theory]
    [InlineData(":0,password=on")]
    [InlineData("none,password=off")]
    [InlineData("driver=rbd,password-secret=s0")]
    [InlineData("secret,id=masterKey0,format=raw,file=/var/lib/libvirt/qemu/domain-1-a/master-key.aes")]
    [InlineData("memory-backend-file,id=ram,discard-data=on")]
    [InlineData("tap,id=net0,fd=3")]
    [InlineData("https://host/a")]
    [InlineData("name=opt/org.example/config,file=/etc/config")]
    [InlineData("type=11,value=a string of opt")]
    [InlineData("file=rbd:pool/disk:id=user,if=none")]
    public void What_is_no_password_stays(string word) => Assert.Equal(word, Secrets.Redact(word));

    [Fact]
    public void The_process_gives_back_what_was_taken_out()
    {
        string[] words = ["-object", "secret,id=a,data=one", "-object", "secret,id=b,data=two", "-S"];
        IReadOnlyList<string> kept = Secrets.Redact(words);
        Assert.DoesNotContain(kept, word => word.Contains("one", StringComparison.Ordinal) || word.Contains("two", StringComparison.Ordinal));
        Assert.Equal(words, Secrets.Restore(kept, [.. words, "-incoming", "defer"]));
        Assert.Null(Secrets.Restore(kept, ["-object", "secret,id=a,data=one"]));
        // Two of one name: nobody can say which is meant.
        Assert.Null(Secrets.Restore(kept, [.. words, "secret,id=a,data=three"]));
        Assert.Equal(["-S"], Secrets.Restore(["-S"], []));
    }
}
