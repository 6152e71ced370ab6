"""One of everything that a tenant may have beside disks, buckets and secrets."""


class Holdings:
    """Makes things in a tenant's account; `tags` are theirs."""

    def __init__(self, cloud, region, account, tags):
        self._cloud, self._region, self._account = cloud, region, account
        self.map = tags
        self.pairs = [{"Key": key, "Value": value} for key, value in tags.items()]

    def client(self, service):
        return self._cloud.client(service, self._region, self._account)

    def make(self, service, key):
        """One of that service, under this CMK ('' : under none); how it is found."""
        return getattr(self, service)(key)

    def rds(self, key, name="databank"):
        sealed = {"StorageEncrypted": True, "KmsKeyId": key} if key else {}
        return self.client("rds").create_db_instance(
            DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.m5.large", AllocatedStorage=10,
            MasterUsername="beheer", MasterUserPassword="alleen-in-de-zandbak", Tags=self.pairs, **sealed,
        )["DBInstance"]["DbiResourceId"]  # fmt: skip

    def aurora(self, key, name="cluster"):
        sealed = {"StorageEncrypted": True, "KmsKeyId": key} if key else {}
        return self.client("rds").create_db_cluster(
            DBClusterIdentifier=name, Engine="aurora-postgresql", MasterUsername="beheer",
            MasterUserPassword="alleen-in-de-zandbak", Tags=self.pairs, **sealed,
        )["DBCluster"]["DbClusterResourceId"]  # fmt: skip

    def efs(self, key, name="bestanden"):
        sealed = {"Encrypted": True, "KmsKeyId": key} if key else {"Encrypted": False}
        return self.client("efs").create_file_system(CreationToken=name, Tags=self.pairs, **sealed)["FileSystemId"]

    def dynamodb(self, key):
        return self.table("tabel", key)

    def filled(self, bucket, name="tabel"):
        """A table holds an item and can be recovered, and there is a bucket to export it to."""
        table = self.client("dynamodb")
        table.put_item(TableName=name, Item={"a": {"S": "inhoud"}})
        recovery = {"PointInTimeRecoveryEnabled": True}
        table.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
        where = {"LocationConstraint": self._region}
        self.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)

    def table(self, name, key):
        sealed = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}} if key else {}
        return self.client("dynamodb").create_table(
            TableName=name, KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}], Tags=self.pairs, **sealed,
        )["TableDescription"]["TableArn"]  # fmt: skip

    def redshift(self, key):
        sealed = {"Encrypted": True, "KmsKeyId": key} if key else {}
        self.client("redshift").create_cluster(
            ClusterIdentifier="magazijn", NodeType="ra3.xlplus", MasterUsername="beheer",
            MasterUserPassword="Alleen-in-de-zandbak1", Tags=self.pairs, **sealed,
        )  # fmt: skip
        return f"arn:aws:redshift:{self._region}:{self._account}:cluster:magazijn"

    def sqs(self, key):
        sealed = {"KmsMasterKeyId": key} if key else {}
        self.client("sqs").create_queue(QueueName="rij", Attributes=sealed, tags=self.map)
        return f"arn:aws:sqs:{self._region}:{self._account}:rij"

    def opensearch(self, key):
        sealed = {"EncryptionAtRestOptions": {"Enabled": True, "KmsKeyId": key}} if key else {}
        made = self.client("opensearch").create_domain(DomainName="zoeken", TagList=self.pairs, **sealed)
        return made["DomainStatus"]["ARN"]

    def fsx(self, key):
        return self.client("fsx").create_file_system(
            FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=["subnet-12345678"], KmsKeyId=key, Tags=self.pairs
        )["FileSystem"]["FileSystemId"]

    def backup(self, key):
        sealed = {"EncryptionKeyArn": key} if key else {}
        made = self.client("backup").create_backup_vault(BackupVaultName="kluis", BackupVaultTags=self.map, **sealed)
        return made["BackupVaultArn"]
